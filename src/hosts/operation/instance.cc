// operation::Instance: every question goes to the actor's families together.
#include "hosts/operation/instance.h"

#include "base/check.h"
#include "hosts/operation/limits.h"

namespace theater::hosts::operation {

actor::OperationPort& Instance::ports() const {
  actor::OperationPort* ports = actor_.operations();
  CHECK(ports != nullptr, "an actor of this family has operations");
  return *ports;
}

host::Outcome Instance::check_known(std::uint64_t id) const {
  if (ports().status({id})) return {};
  return host::refuse(host::GuestCode::kNotFound, "there is no operation {}", id);
}

Instance::Status Instance::status(std::uint64_t id) {
  const auto found = ports().status({id});
  if (found) return std::tuple{found->phase, found->bytes};
  return host::refuse(host::GuestCode::kNotFound, "there is no operation {}", id);
}

std::vector<std::uint64_t> Instance::pending() {
  std::vector<OperationId> found;
  ports().pending(found);
  std::vector<std::uint64_t> ids;
  for (const OperationId id : found) ids.push_back(id.value);
  return ids;
}

host::Outcome Instance::more(std::uint64_t id, std::uint32_t) { return check_known(id); }
host::Outcome Instance::cancel(std::uint64_t id) { return check_known(id); }

host::Data Instance::collect(std::uint64_t id, std::uint64_t offset, std::uint32_t bytes_max) {
  auto found = ports().collect({id}, offset, bytes_max);
  if (found) return *std::move(found);
  const auto code = found.error().code == Code::kNotFound ? host::GuestCode::kNotFound
                                                          : host::GuestCode::kInvalid;
  return host::refuse(code, "{}", found.error().message);
}

host::Outcome Instance::watch(std::uint64_t id, std::uint32_t every_ms) {
  if (auto known = check_known(id); !known) return known;
  if (every_ms != 0 && (every_ms < kEveryMsMin || every_ms > kEveryMsMax)) {
    return host::refuse(host::GuestCode::kInvalid, "a watch looks every {} to {} ms, or 0: never",
                        kEveryMsMin, kEveryMsMax);
  }
  const bool is_new = every_ms != 0 && !watches_.contains({id});
  if (is_new && watches_.size() + asked_ >= kWatchesMax) {
    return host::refuse(host::GuestCode::kFull, "{} operations are watched", kWatchesMax);
  }
  ++asked_;
  return {};
}

void Instance::settle(actor::Settlement settlement) {
  if (settlement == actor::Settlement::kDiscarded) asked_ = settled_;
  settled_ = asked_;
}

void Instance::perform_more(std::uint64_t id, std::uint32_t credit) { ports().more({id}, credit); }
void Instance::perform_cancel(std::uint64_t id) { ports().cancel({id}); }
void Instance::fold_more(std::uint64_t id, std::uint32_t credit) {
  ports().fold_more({id}, credit);
}
void Instance::fold_cancel(std::uint64_t id) { ports().fold_cancel({id}); }

void Instance::perform_watch(std::uint64_t id, std::uint32_t every_ms) {
  CHECK(settled_ > 0, "effects are performed after their commit");
  --asked_;
  --settled_;
  if (!is_stopped_) watches_.set({id}, Milliseconds(every_ms));
}
void Instance::fold_watch(std::uint64_t id, std::uint32_t every_ms) {
  watches_.fold({id}, Milliseconds(every_ms));
}

Bytes Instance::save() const {
  Bytes out;
  wasm::BinaryWriter writer(out);
  watches_.save(writer);
  return out;
}

theater::Status Instance::load(ByteSpan saved) {
  wasm::BinaryReader reader(saved);
  watches_.load(reader);
  return reader.finish();
}

void Instance::stop(actor::StopMode mode) {
  is_stopped_ = true;
  watches_.stop();
  if (mode == actor::StopMode::kDrain) actor_.drained();
}

actor::Census Instance::census() const {
  actor::Census census;
  census.timers = watches_.has_timer() ? 1 : 0;
  return census;
}

void Instance::measure(actor::Figures& figures) const {
  figures.gauge({"operation_watches", "Operations that the actor watches."},
                static_cast<double>(watches_.size()));
  figures.gauge({"operation_progress_waiting", "Events of their progress that wait."},
                static_cast<double>(watches_.waiting()));
  figures.counter({"operation_progress_total", "Events of progress that were taken."},
                  watches_.told());
}

}  // namespace theater::hosts::operation
