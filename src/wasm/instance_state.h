// What an Instance holds: the store, what instantiation extracted, handles, and the call under way.
#pragma once

#include <wasmtime.h>
#include <wasmtime/async.h>

#include <memory>
#include <optional>
#include <vector>

#include "wasm/component_state.h"
#include "wasm/instance.h"
#include "wasm/resource_table.h"

namespace theater::wasm {

struct StoreDelete {
  void operator()(wasmtime_store_t* store) const { wasmtime_store_delete(store); }
};
struct FutureDelete {
  void operator()(wasmtime_call_future_t* future) const { wasmtime_call_future_delete(future); }
};

/// Whether a component instance may call out: a host-side flag, or a core global where fused
/// adapters read it too.
struct MayLeaveFlag {
  bool value = true;
  std::optional<wasmtime_global_t> global;
};

/// A handle whose own entry is lent for a call.
struct Lender {
  std::uint32_t table = 0;  // component instance, or kHostTable
  std::uint32_t handle = 0;
};
inline constexpr std::uint32_t kHostTable = 0xffffffff;

/// Bookkeeping of one call between components or with the host (specification: Task).
struct CallScope {
  std::uint32_t borrows = 0;                  // borrow handles the callee must still drop
  std::vector<Lender> lenders;                // to release at the end
  std::vector<std::uint32_t> host_temporary;  // host handles that end with the call
};

/// The call Instance::start described.
struct CurrentCall {
  enum class Kind { kExport, kDrop };
  Kind kind = Kind::kExport;
  std::size_t index = 0;     // export, or resource
  std::uint32_t handle = 0;  // kDrop: of the host
  std::vector<ByteSpan> pieces;
  Bytes result;
  std::optional<Trap> trap;
};

enum class Leave { kForbidden, kAllowed };
enum class Phase { kStarting, kIdle, kCalling, kDone, kDead };
enum class Waiting { kNo, kYielding, kSuspended, kAnswered };

struct Instance::State {
  State(std::shared_ptr<const LinkedComponent> linked_component,
        const InstanceLimits& instance_limits, ImportHandler& import_handler);
  ~State();

  // Fixed after creation.
  std::shared_ptr<const LinkedComponent> linked;
  const LinkedComponent::State& link;
  const Component::State& component;
  InstanceLimits limits;
  ImportHandler& handler;
  std::unique_ptr<wasmtime_store_t, StoreDelete> store;
  wasmtime_context_t* context = nullptr;
  std::vector<wasmtime_instance_t> core_instances;
  std::vector<std::optional<wasmtime_memory_t>> memories;  // of canonical options
  std::vector<wasmtime_memory_t> visible_memories;         // all that some module exports
  std::uint64_t memory_share = 0;  // of the limit: for each hidden memory, and for all others
  std::vector<std::optional<wasmtime_func_t>> reallocs;
  std::vector<std::optional<wasmtime_func_t>> post_returns;
  std::vector<std::optional<wasmtime_func_t>> destructors;  // by resource
  std::vector<std::optional<wasmtime_func_t>> exports;      // looked up when first called
  std::optional<wasmtime_func_t> call_function;
  std::optional<wasmtime_func_t> wait_function;

  // Component Model state.
  std::vector<MayLeaveFlag> flags;    // by component instance
  std::size_t handles = 0;            // in all tables
  std::size_t lent = 0;               // in all scopes
  std::vector<ResourceTable> tables;  // by component instance
  ResourceTable host_table{handles};  // guest resources the host was given
  std::vector<CallScope> scopes;
  std::size_t scope_count = 0;  // scopes beyond it are spare, for their capacity

  // The call under way.
  Phase phase = Phase::kStarting;
  CurrentCall call;
  std::unique_ptr<wasmtime_call_future_t, FutureDelete> future;
  wasm_trap_t* future_trap = nullptr;
  wasmtime_error_t* future_error = nullptr;
  std::optional<Trap> raised;  // a Trap on its way through wasmtime's frames
  Waiting waiting = Waiting::kNo;
  Bytes answer;
  std::optional<Trap> answer_trap;
  Bytes import_arguments;  // spare buffers of imports
  Bytes import_result;
  std::uint32_t entries = 0;  // calls of the host into the guest under way
  std::uint64_t ticks_used = 0;
  std::uint64_t ticks_at_poll = 0;
  std::optional<std::uint64_t> fuel_used;

  // instance.cc
  void begin_slice();
  void begin_call();
  void finish_call();
  void set_fuel();
  bool memory_is_full() const;
  TrapOr<wasmtime_func_t> host_function(std::string_view name);

  // instance_create.cc
  Status instantiate();
  TrapOr<wasmtime_extern_t> resolve(const CoreDef& def);
  TrapOr<wasmtime_func_t> resolve_function(const CoreDef& def);
  TrapOr<void> instantiate_module(const Initializer& step);
  TrapOr<void> run_initializer(const Initializer& step);

  // instance_call.cc
  TrapOr<void> run_call();
  TrapOr<void> run_export();
  TrapOr<void> run_drop();
  TrapOr<void> run_import(const LinkedTrampoline& trampoline, std::span<CoreValue> values);
  TrapOr<void> wait_for_answer(const ImportPlan& import);
  TrapOr<void> give_way();
  TrapOr<void> leave_fiber(Waiting how);
  TrapOr<void> check_memory() const;
  bool has_outgrown_memory() const {  // wasmtime's limiter holds a single memory
    return visible_memories.size() > 1 && memory_bytes() > memory_share;
  }
  std::uint64_t memory_bytes() const;

  // instance_core.cc
  /// Calls a core function on the current stack; `values` holds the arguments, then the results.
  TrapOr<void> call_core(const wasmtime_func_t& function, std::span<CoreValue> values);
  /// The same, of the guest's. wasmtime gives each such call kGuestStackBytes anew, wherever on the
  /// fiber it begins: so only kEntriesMax may nest.
  TrapOr<void> enter_guest(const wasmtime_func_t& function, std::span<CoreValue> values);
  /// Hands a trap to wasmtime, which unwinds to the nearest call_core or to the fiber's end.
  wasm_trap_t* raise(Trap trap);
  /// The trap behind a failed call into wasmtime.
  Trap take_raised(wasm_trap_t* trap, wasmtime_error_t* error);
  bool may_leave(std::uint32_t instance) const;
  void set_may_leave(std::uint32_t instance, Leave leave);
  TrapOr<void> check_may_leave(std::uint32_t instance) const;
  /// Called by wasmtime when an epoch deadline is reached: yield, or end the call.
  wasmtime_error_t* on_epoch(std::uint64_t* delta, std::uint8_t* kind);
  std::optional<Trap> past_deadline() const;
  std::uint64_t ticks_so_far() const;
  Nanoseconds start_deadline() const;

  // instance_resources.cc
  TrapOr<void> enter_scope();
  TrapOr<void> exit_scope();
  CallScope& scope() { return scopes[scope_count - 1]; }
  std::uint32_t scope_place() const { return static_cast<std::uint32_t>(scope_count - 1); }
  TrapOr<ResourceReference> take_own(std::uint32_t instance, std::uint32_t resource,
                                     std::uint32_t handle);
  TrapOr<ResourceReference> lend(std::uint32_t instance, std::uint32_t resource,
                                 std::uint32_t handle);
  TrapOr<std::uint32_t> lower_borrowed(std::uint32_t instance, const ResourceReference& reference);
  TrapOr<void> drop_handle(std::uint32_t instance, std::uint32_t resource, std::uint32_t handle);
  TrapOr<void> destroy(const ResourceReference& reference);
  ResourceTable& table(std::uint32_t place) {
    return place == kHostTable ? host_table : tables[place];
  }
};

}  // namespace theater::wasm
