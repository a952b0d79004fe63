// Instance: the public face; one call at a time, driven by poll().
#include "wasm/instance.h"

#include "base/check.h"
#include "wasm/failure.h"
#include "wasm/instance_state.h"

namespace theater::wasm {

Instance::Instance(std::unique_ptr<State> state) : state_(std::move(state)) {}
Instance::~Instance() = default;

Result<std::unique_ptr<Instance>> Instance::create(std::shared_ptr<const LinkedComponent> linked,
                                                   const InstanceLimits& limits,
                                                   ImportHandler& handler) {
  const Component::State& component = linked->component().state();
  if (component.memory_bytes_min > limits.memory_bytes_max) {
    return fail(Code::kTooLarge, "the component begins with {} bytes of memory, its limit is {}",
                component.memory_bytes_min, limits.memory_bytes_max);
  }
  if (limits.fuel && component.engine->options().fuel == FuelMode::kOff) {
    return fail(Code::kInvalid, "a fuel limit needs an engine with fuel on");
  }
  auto state = std::make_unique<State>(std::move(linked), limits, handler);
  state->begin_slice();
  state->set_fuel();
  TRY_OK(state->instantiate());
  const TrapOr<wasmtime_func_t> call = state->host_function(kCallFunction);
  CHECK(call.has_value(), "a link defines the call function");
  state->call_function = *call;
  state->phase = Phase::kIdle;
  return std::unique_ptr<Instance>(new Instance(std::move(state)));
}

void Instance::start(std::size_t export_index, std::span<const ByteSpan> argument_pieces) {
  CHECK(state_->phase == Phase::kIdle, "SEQ-1");
  CHECK(export_index < state_->exports.size(), "exports are named by their index");
  CurrentCall& call = state_->call;
  call.kind = CurrentCall::Kind::kExport;
  call.index = export_index;
  call.pieces.assign(argument_pieces.begin(), argument_pieces.end());
  state_->begin_call();
}

void Instance::start_drop(std::uint64_t handle) {
  CHECK(state_->phase == Phase::kIdle, "SEQ-1");
  const ResourceTable::Entry* entry =
      handle <= 0xffffffff ? state_->host_table.peek(static_cast<std::uint32_t>(handle)) : nullptr;
  CHECK(entry != nullptr, "the host drops handles it was given");
  CurrentCall& call = state_->call;
  call.kind = CurrentCall::Kind::kDrop;
  call.index = entry->reference.resource;
  call.handle = static_cast<std::uint32_t>(handle);
  state_->begin_call();
}

CallState Instance::poll() {
  State& state = *state_;
  CHECK(state.phase == Phase::kCalling, "only a call under way is polled");
  if (state.waiting == Waiting::kSuspended) return CallState::kSuspended;
  if (state.waiting == Waiting::kYielding) state.waiting = Waiting::kAnswered;
  state.begin_slice();
  const bool done = wasmtime_call_future_poll(state.future.get());
  state.ticks_used = state.ticks_so_far();
  if (done) {
    state.finish_call();
    return CallState::kDone;
  }
  return state.waiting == Waiting::kSuspended ? CallState::kSuspended : CallState::kYielded;
}

void Instance::resume(ByteSpan result) {
  CHECK(state_->waiting == Waiting::kSuspended, "only a suspended call is resumed");
  state_->answer.assign(result.begin(), result.end());
  state_->waiting = Waiting::kAnswered;
}

void Instance::resume_with_trap(std::string_view message) {
  resume({});
  state_->answer_trap = Trap{TrapKind::kHost, std::string(message), ""};
}

std::expected<Bytes, Trap> Instance::take_result() {
  CHECK(state_->phase == Phase::kDone, "a result is taken once, when the call is done");
  CurrentCall& call = state_->call;
  if (!call.trap) {
    state_->phase = Phase::kIdle;
    return std::move(call.result);
  }
  state_->phase = Phase::kDead;
  return std::unexpected(*std::move(call.trap));
}

void Instance::give_back(Bytes result) { state_->call.result = std::move(result); }

std::optional<std::uint64_t> Instance::fuel_used() const { return state_->fuel_used; }
std::uint64_t Instance::memory_bytes() const { return state_->memory_bytes(); }
bool Instance::is_alive() const { return state_->phase != Phase::kDead && !state_->call.trap; }

// The three steps of a call as the public functions take them.

void Instance::State::begin_slice() {
  component.engine->note_guest_runs();
  ticks_at_poll = component.engine->ticks();
}

void Instance::State::begin_call() {
  call.result.clear();
  call.trap.reset();
  ticks_used = 0;
  set_fuel();
  wasmtime_context_set_epoch_deadline(context, Engine::kTicksPerSlice);
  future_trap = nullptr;
  future_error = nullptr;
  future.reset(wasmtime_func_call_async(context, &*call_function, nullptr, 0, nullptr, 0,
                                        &future_trap, &future_error));
  phase = Phase::kCalling;
}

void Instance::State::finish_call() {
  future.reset();
  if (future_trap != nullptr || future_error != nullptr) {
    call.trap = take_raised(future_trap, future_error);
    if (call.trap->kind == TrapKind::kUnreachable && memory_is_full()) {
      call.trap->message += fmt::format(" (its memory is at its limit of {} bytes)", memory_share);
    }
  }
  if (limits.fuel) {
    std::uint64_t left = 0;
    EngineFailure failure;
    failure.error = wasmtime_context_get_fuel(context, &left);
    fuel_used = *limits.fuel - std::min(left, *limits.fuel);
  }
  phase = Phase::kDone;
}

/// Most guests abort when memory.grow refuses; people want to know that it did.
bool Instance::State::memory_is_full() const {
  constexpr std::uint64_t kNearly = std::uint64_t{1} << 20;
  return !visible_memories.empty() && memory_bytes() + kNearly > memory_share;
}

void Instance::State::set_fuel() {
  if (component.engine->options().fuel == FuelMode::kOff) return;
  EngineFailure failure;
  failure.error = wasmtime_context_set_fuel(context, limits.fuel.value_or(UINT64_MAX));
  CHECK(!failure, "fuel can be set where the engine counts it");
}

TrapOr<wasmtime_func_t> Instance::State::host_function(std::string_view name) {
  wasmtime_extern_t item{};
  if (!wasmtime_linker_get(link.linker.get(), context, kHostModule.data(), kHostModule.size(),
                           name.data(), name.size(), &item)) {
    return std::unexpected(Trap{TrapKind::kOther, "a host function is not linked", ""});
  }
  return item.of.func;
}

}  // namespace theater::wasm
