// runtime::Instance: lines, identity, time that never falls, the end.
#include "hosts/runtime/instance.h"

#include <algorithm>

namespace theater::hosts::runtime {

namespace {

constexpr std::string_view kName = "runtime";

/// At most `bytes_max` bytes, cut at the start of a character.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

Instance::Instance(const host::Binding<Instance>& binding, const Limits& limits,
                   const host::Context& context)
    : BoundInstance(binding),
      limits_(limits),
      services_(context.services),
      actor_(context.actor),
      queue_({"runtime events", host::QueuePolicy::kRefuse, {4, 64 * 1024, 0}}, *this,
             context.actor, context.services.clock),
      rate_(limits.log_rate) {}

void Instance::log(host::LogLevel level, std::string_view message) {
  if (unsettled_.size() >= kRolledBackLinesMax) return;
  unsettled_.push_back({level, std::string(cut(message, limits_.log_line_max))});
}

Identity Instance::self() {
  const actor::Identity& identity = actor_.identity();
  return {identity.id.hex(), identity.name, std::nullopt, identity.component.hex()};
}

std::uint64_t Instance::now() {
  const auto wall = static_cast<std::uint64_t>(services_.clock.wall().since_epoch.count());
  last_now_ = std::max(last_now_, wall);
  return last_now_;
}

void Instance::stop_actor(ByteSpan) {}

void Instance::perform_stop(ByteSpan output) { actor_.stop_requested(output); }

void Instance::write_log(actor::Effect& effect, host::LogLevel level, std::string_view message) {
  emit({level, actor_.identity().name, effect.seq.value, message, ""});
}

void Instance::emit(host::LogLine line) {
  if (!rate_.admit(services_.clock.now())) return;
  if (const std::uint64_t left_out = rate_.take_left_out(); left_out > 0) {
    services_.log.write({host::LogLevel::kWarn, line.actor, 0,
                         fmt::format("{} lines over log_rate left out", left_out), "", kName});
  }
  const std::string_view whole = line.text;
  line.text = cut(whole, limits_.log_line_max);
  if (line.text.size() < whole.size() && line.note.empty()) line.note = "cut";
  line.family = kName;
  services_.log.write(line);
}

void Instance::settle(actor::Settlement settlement) {
  if (settlement == actor::Settlement::kDiscarded) {
    for (const Line& line : unsettled_) {
      emit({line.level, actor_.identity().name, 0, line.text, "rolled back"});
    }
  }
  unsettled_.clear();
}

Bytes Instance::save() const { return wasm::to_binary(last_now_); }

Status Instance::load(ByteSpan saved) {
  TRY(last_now_, wasm::from_binary<std::uint64_t>(saved));
  return {};
}

void Instance::expect_stop(actor::EndReason reason) {
  if (reason == actor::EndReason::kFault) return;  // nobody is there to be told
  const Payload stopping{reason == actor::EndReason::kRestart ? "the node restarts"
                                                              : "the actor was asked to stop"};
  queue_.put(0, wasm::to_binary(host::Event<Payload>{0, stopping}));
}

/// What the guest was to be told, and was not yet, it is told while the others stop.
void Instance::stop(actor::StopMode mode) {
  if (mode == actor::StopMode::kDrain) return actor_.drained();
  queue_.clear();
}

}  // namespace theater::hosts::runtime
