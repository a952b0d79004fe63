// Programs: lines, ends and crashes without processes.
#include "sim/programs.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "hosts/process/payload.h"

namespace theater::sim {
namespace {

using hosts::process::event_bytes;
using hosts::process::Exit;
using hosts::process::Payload;

constexpr std::size_t kRunningMax = 3, kWaitingMax = 4;
constexpr host::QueueLimits kQueue{6, 4096, 0};
constexpr std::uint64_t kCredit = 8;  // bytes: one line
constexpr std::uint64_t kLinesMax = 4;
constexpr std::uint64_t kStepMs = 30;
constexpr Nanoseconds kTimeMax = Milliseconds(400);

struct Known {
  std::string_view name;
  host::CrashRule crash;
};
constexpr std::array<Known, 4> kPrograms{{{"program-0", host::CrashRule::kInterrupt},
                                          {"program-1", host::CrashRule::kReissue},
                                          {"program-2", host::CrashRule::kReattach},
                                          {"program-3", host::CrashRule::kLookup}}};

}  // namespace

host::Binding<Programs> Programs::bind() {
  host::Binding<Programs> binding;
  binding.operation<&Programs::check_spawn, &Programs::begin>("spawn");
  host::describe<Payload>(binding.info(), "process", actor::HandlerNeed::kRequired);
  return binding;
}

Programs::Programs(const Setup& setup, const host::Context& context)
    : OperatingInstance(
          setup.binding, context,
          {{"process events", host::QueuePolicy::kPause, kQueue}, {kRunningMax, kWaitingMax}}),
      watch_(setup.watch),
      ticker_(setup.ticker),
      chance_(setup.chance),
      executor_(context.services.executor) {}

Programs::~Programs() { CHECK(running_.empty(), "END-1"); }

host::Planned Programs::check_spawn(std::string_view program, const Arguments&, std::string_view) {
  ticker_.on_host_call();
  const auto known = std::ranges::find(kPrograms, program, &Known::name);
  if (known == kPrograms.end()) {
    return host::refuse(host::GuestCode::kDenied, "no program {} is granted", program);
  }
  return host::Plan{host::Delivery::kParts, kTimeMax, known->crash, kCredit};
}

void Programs::begin(host::Work& work, std::string_view, const Arguments&, std::string_view) {
  if (work.attempt == host::Attempt::kReissue) {
    watch_.observer.on_repeat(watch_.witness, watch_.witness.repeats.at(work.id));
  }
  running_[work.id] = {chance_.between(0, kLinesMax), std::nullopt};
  go_on(work.id);
}

void Programs::go_on(OperationId id) {
  const auto found = running_.find(id);
  if (found == running_.end() || found->second.timer) return;
  const auto pause = Milliseconds(static_cast<std::int64_t>(chance_.below(kStepMs)));
  found->second.timer = executor_.after(pause, [this, id] { step(id); });
}

void Programs::step(OperationId id) {
  const auto found = running_.find(id);
  Running& program = found->second;
  program.timer.reset();
  if (program.lines == 0) {
    const bool is_well = !chance_.one_in(4);
    running_.erase(found);
    finish(id, is_well ? host::OperationEnd::kDone : host::OperationEnd::kFailed,
           event_bytes<Payload::kEnded>(id, Exit(is_well ? 0 : 1)));
    return;
  }
  const std::string line =
      fmt::format("line {:>6}", watch_.witness.lines + 1);  // unlike every other
  if (!part(id, event_bytes<Payload::kStdout>(id, to_bytes(as_bytes(line))), line.size())) return;
  ++watch_.witness.lines;
  --program.lines;
  go_on(id);
}

void Programs::on_credit(OperationId id) { go_on(id); }

void Programs::abort(OperationId id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  if (found->second.timer) executor_.cancel(*found->second.timer);
  running_.erase(found);
}

Bytes Programs::write_end(OperationId id, const host::GuestError& why) {
  return event_bytes<Payload::kEnded>(id, Exit(std::unexpected(why)));
}

actor::Census Programs::census() const {
  actor::Census census = OperatingInstance::census();
  census.timers += static_cast<std::uint64_t>(std::ranges::count_if(
      running_, [](const auto& one) { return one.second.timer.has_value(); }));
  return census;
}

}  // namespace theater::sim
