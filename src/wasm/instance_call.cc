// One guest call on its fiber: exports, destructors, and the imports they call.
#include <algorithm>

#include "base/check.h"
#include "wasm/guest_ports.h"
#include "wasm/instance_state.h"

namespace theater::wasm {
namespace {

std::unexpected<Trap> refuse(TrapKind kind, std::string message) {
  return std::unexpected(Trap{kind, std::move(message), ""});
}

/// A spare buffer, emptied, for as long as this lives; calls that nest get a fresh one.
class Borrowed {
 public:
  explicit Borrowed(Bytes& spare) : spare_(spare), bytes_(std::move(spare)) { bytes_.clear(); }
  ~Borrowed() { spare_ = std::move(bytes_); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Bytes& operator*() { return bytes_; }

 private:
  Bytes& spare_;
  Bytes bytes_;
};

}  // namespace

TrapOr<void> Instance::State::run_call() {
  scope_count = 0;
  lent = entries = 0;
  if (const TrapOr<void> entered = enter_scope(); !entered) return entered;
  return call.kind == CurrentCall::Kind::kExport ? run_export() : run_drop();
}

TrapOr<void> Instance::State::run_export() {
  const ExportPlan& item = component.plan.exports[call.index];
  const FunctionLayout& layout = component.layouts[item.function];
  const CanonicalOptions& options = component.plan.options[item.options];
  std::optional<wasmtime_func_t>& function = exports[call.index];
  if (!function) {
    const TrapOr<wasmtime_func_t> found = resolve_function(item.core);
    if (!found) return std::unexpected(found.error());
    function = *found;
  }

  GuestPorts guest(*this, options);
  CoreValue values[kFlatParametersMax + 1];
  const std::size_t parameters = layout.export_parameters().size();
  const std::size_t results = layout.export_results().size();
  const std::span<CoreValue> arguments(values, parameters);
  if (auto lowered = lower_arguments(layout, call.pieces, guest.side, arguments); !lowered) {
    return lowered;
  }
  const std::span<CoreValue> both(values, std::max(parameters, results));
  if (auto called = enter_guest(*function, both); !called) return called;
  if (auto exited = exit_scope(); !exited) return exited;
  if (auto checked = check_memory(); !checked) return checked;
  const std::span<CoreValue> core_results(values, results);
  if (auto lifted = lift_result(layout, core_results, guest.side, call.result); !lifted) {
    return lifted;
  }
  if (!options.post_return || !post_returns[*options.post_return]) return {};
  set_may_leave(options.instance, Leave::kForbidden);
  auto returned = enter_guest(*post_returns[*options.post_return], core_results);
  set_may_leave(options.instance, Leave::kAllowed);
  return returned;
}

TrapOr<void> Instance::State::run_drop() {
  const auto resource = static_cast<std::uint32_t>(call.index);
  const TrapOr<ResourceReference> taken = take_own(kHostTable, resource, call.handle);
  if (!taken) return std::unexpected(taken.error());
  if (auto destroyed = destroy(*taken); !destroyed) return destroyed;
  return exit_scope();
}

TrapOr<void> Instance::State::run_import(const LinkedTrampoline& trampoline,
                                         std::span<CoreValue> values) {
  const TrampolinePlan& plan = *trampoline.plan;
  const FunctionLayout& layout = component.layouts[plan.function];
  const CanonicalOptions& options = component.plan.options[plan.options];
  const ImportPlan& import = component.plan.imports[plan.import];
  if (auto allowed = check_may_leave(options.instance); !allowed) return allowed;
  if (auto entered = enter_scope(); !entered) return entered;

  GuestPorts guest(*this, options);
  Borrowed arguments(import_arguments);
  Borrowed result(import_result);
  const auto core_arguments = values.first(layout.import_parameters().size());
  if (auto lifted = lift_arguments(layout, core_arguments, guest.side, *arguments); !lifted) {
    return lifted;
  }
  switch (handler.call_import(plan.import, *arguments, *result)) {
    case ImportOutcome::kReturn:
      break;
    case ImportOutcome::kYield:
      if (auto rested = give_way(); !rested) return rested;
      break;
    case ImportOutcome::kTrap:
      return refuse(TrapKind::kHost, std::string(as_text(*result)));
    case ImportOutcome::kSuspend:
      if (trampoline.mode != ImportMode::kMaySuspend) {
        return refuse(TrapKind::kHost, "an import that may not suspend did: " + import.name);
      }
      if (auto answered = wait_for_answer(import); !answered) return answered;
      (*result).swap(answer);
      break;
  }
  if (auto exited = exit_scope(); !exited) return exited;
  if (auto checked = check_memory(); !checked) return checked;
  const ImportReturn place{core_arguments, values.first(layout.import_results().size())};
  return lower_result(layout, *result, guest.side, place);
}

TrapOr<void> Instance::State::wait_for_answer(const ImportPlan& import) {
  if (phase != Phase::kCalling) {
    return refuse(TrapKind::kHost, "a start function must not wait, but it called " + import.name);
  }
  if (auto waited = leave_fiber(Waiting::kSuspended); !waited) return waited;
  if (!answer_trap) return {};
  Trap trap = *std::move(answer_trap);
  answer_trap.reset();
  return std::unexpected(std::move(trap));
}

/// Until the next poll. A guest that gives way often may never be in the middle of a slice's end:
/// so its time is looked at here. The rest is not the guest's time.
TrapOr<void> Instance::State::give_way() {
  if (phase != Phase::kCalling) return {};
  if (auto rested = leave_fiber(Waiting::kYielding); !rested) return rested;
  if (auto late = past_deadline()) return std::unexpected(*std::move(late));
  return {};
}

/// Lets poll() return; the next one that finds it answered goes on here, with a new slice.
TrapOr<void> Instance::State::leave_fiber(Waiting how) {
  if (!wait_function) {
    const TrapOr<wasmtime_func_t> found = host_function(kWaitFunction);
    if (!found) return std::unexpected(found.error());
    wait_function = *found;
  }
  waiting = how;
  const TrapOr<void> waited = call_core(*wait_function, {});
  waiting = Waiting::kNo;
  if (waited) wasmtime_context_set_epoch_deadline(context, Engine::kTicksPerSlice);
  return waited;
}

std::uint64_t Instance::State::memory_bytes() const {
  std::uint64_t total = 0;
  for (const wasmtime_memory_t& memory : visible_memories) {
    total += wasmtime_memory_data_size(context, &memory);
  }
  return total;
}

TrapOr<void> Instance::State::check_memory() const {
  if (!has_outgrown_memory()) return {};
  return refuse(
      TrapKind::kMemoryLimit,
      fmt::format("the instance's memories hold {} bytes together, at most {} are allowed",
                  memory_bytes(), memory_share));
}

}  // namespace theater::wasm
