// random::Instance: two sources, one limit.
#include "hosts/random/instance.h"

#include "hosts/random/seeded.h"

namespace theater::hosts::random {

Instance::Instance(const host::Binding<Instance>& binding, const Grant& grant,
                   const host::Context& context)
    : BoundInstance(binding),
      grant_(grant),
      random_(context.services.random),
      actor_(context.actor) {}

host::Data Instance::get_bytes(actor::CallContext& context, std::uint32_t count) {
  if (count > grant_.limits.bytes_max) {
    ++refused_;
    return host::refuse(host::GuestCode::kTooLarge, "bytes_max is {}", grant_.limits.bytes_max);
  }
  bytes_ += count;
  if (grant_.source == Source::kSeeded) {
    return seeded_bytes(actor_.identity().id, {context.invocation, context.ordinal}, count);
  }
  Bytes bytes(count);
  random_.fill(bytes);
  return bytes;
}

void Instance::stop(actor::StopMode mode) {
  if (mode == actor::StopMode::kDrain) actor_.drained();
}

void Instance::measure(actor::Figures& figures) const {
  figures.counter({"random_bytes_total", "Random bytes given to the actor."}, bytes_);
  figures.counter({"random_refused_total", "Calls that asked for too many bytes."}, refused_);
}

}  // namespace theater::hosts::random
