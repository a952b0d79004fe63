// Instance: one live instance of a component and the guest call under way in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "wasm/component.h"
#include "wasm/trap.h"

namespace theater::wasm {

/// kYield is kReturn after a rest: the guest gets its result in the poll after this one.
enum class ImportOutcome { kReturn, kYield, kSuspend, kTrap };

/// The host side of a component's imports: one instance's, called on its shard inside poll().
class ImportHandler {
 public:
  virtual ~ImportHandler() = default;
  /// Runs import function `import` (index into Component::imports()). `arguments` is the binary
  /// form of its arguments; it may point into buffers that the next call reuses. On kReturn and
  /// kYield `result` is the binary form of the result (empty if there is none); on kTrap its bytes
  /// are the message; on kSuspend (only for ImportMode::kMaySuspend) Instance::resume answers
  /// later. `result` arrives empty. Must not call the Instance.
  ///
  /// Resource handles cross as LEB128 numbers: for the host's own resources the representation
  /// the host chose, for guest resources an id that Instance::start_drop accepts.
  virtual ImportOutcome call_import(std::size_t import, ByteSpan arguments, Bytes& result) = 0;
  /// The guest dropped its owned handle to a host resource: `resource` is an index into
  /// Component::resources(), `representation` what the host gave out. Also called for handles
  /// still owned when the instance is destroyed.
  virtual void drop_resource(std::size_t resource, std::uint64_t representation) {
    static_cast<void>(resource);
    static_cast<void>(representation);
  }
};

struct InstanceLimits {
  std::uint64_t memory_bytes_max =
      64ull << 20;  // all linear memories together; those that no module exports get equal shares
  std::uint32_t table_elements_max = 100'000;       // each table
  std::optional<std::uint64_t> fuel;                // for each call; needs FuelMode::kOn
  Nanoseconds deadline = std::chrono::seconds(10);  // of guest time, for each call and for create
};

/// kYielded: the slice is over, or an import said so: poll again later. kSuspended: an import waits
/// for resume(). kDone: take_result() has the outcome.
enum class CallState { kYielded, kSuspended, kDone };

/// One actor's, on that actor's shard; never moves; one call at a time. Destroy it between any two
/// calls of poll(): a call under way is abandoned with it.
class Instance {
 public:
  /// Instantiates the core modules and runs their start functions to the end (they may call
  /// kImmediate imports). `handler` outlives the instance. A start function that traps, suspends,
  /// or passes the deadline is an error that says so; so is a full instance pool (kFull).
  static Result<std::unique_ptr<Instance>> create(std::shared_ptr<const LinkedComponent> linked,
                                                  const InstanceLimits& limits,
                                                  ImportHandler& handler);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// Begins a call of export `export_index`. The pieces concatenate to the binary form of the
  /// arguments; a byte list, string or scalar never straddles two pieces; the pieces stay valid
  /// until kDone. No guest code runs before poll(). The instance must be idle and alive.
  void start(std::size_t export_index, std::span<const ByteSpan> argument_pieces);
  /// Runs the guest until its call is done, suspended, or its slice is over.
  CallState poll();
  /// Answers the suspended import with the binary form of its result. Then poll().
  void resume(ByteSpan result);
  /// Answers the suspended import with a trap. Then poll(), which ends in that trap.
  void resume_with_trap(std::string_view message);
  /// The binary form of the result, or the trap. Once after each kDone. After a trap the instance
  /// is dead: nothing but destruction is allowed.
  std::expected<Bytes, Trap> take_result();
  /// A result that is done with: its memory serves the next one.
  void give_back(Bytes result);

  /// Fuel used by the last call; nothing if the limits set no fuel.
  std::optional<std::uint64_t> fuel_used() const;
  /// Bytes of linear memory the instance holds.
  std::uint64_t memory_bytes() const;
  /// Begins dropping a guest resource whose owned handle the host was given; its destructor runs
  /// in poll(), like a call with no arguments and no result.
  void start_drop(std::uint64_t handle);
  bool is_alive() const;

  /// For the files of this room.
  struct State;

 private:
  explicit Instance(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace theater::wasm
