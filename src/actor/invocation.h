// Invocation: one call of the guest from recv to commit or trap. The same class live and in replay;
// only its ports differ.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actor/effect_batch.h"
#include "actor/event_batch.h"
#include "actor/host_port.h"
#include "actor/journal.h"
#include "actor/program.h"
#include "store/state_tree.h"
#include "wasm/instance.h"

namespace theater::actor {

/// The text of a trap(limit) whose call met a full queue to the log. No repetition reaches it.
inline constexpr std::string_view kLogFullText =
    "a host call could not be recorded: the queue to the log is full";
/// The same of a disk that is full but for its reserve.
inline constexpr std::string_view kNoRoomText =
    "a host call could not be recorded: the disk is full";

/// The other end of the guest's imports: live the families, in replay the chain.
class Imports {
 public:
  virtual ~Imports() = default;
  /// Answers a call; see CallOutcome. An error ends the actor or the replay.
  virtual Result<CallOutcome> call(const ImportTarget& target, ByteSpan arguments,
                                   const CallContext& context, Bytes& result) = 0;
  /// A kWait call was recorded as `request`: its effect may happen once that is durable.
  virtual void request(const ImportTarget& target, ByteSpan arguments,
                       const chain::Appended& request) = 0;
};

/// What to call and with what.
struct Delivery {
  const ExportTarget* target = nullptr;
  const EventBatch* inputs = nullptr;  // one for init and migrate; stays valid until the end
  std::optional<Seq> first;            // repeats the inputs of this recv
  std::size_t asked = 0;  // calls of Asking::kOnce that earlier runs of the inputs made
};

/// How an invocation ended.
struct InvocationEnd {
  bool is_commit = false;
  chain::TrapReason reason{};  // of a trap
  std::string text;            // of a trap: for people
  chain::Appended appended;    // the commit or trap
  std::uint64_t delta_bytes = 0;
  Seq receive;
  bool asked_once = false;  // it or an earlier run made a call of Asking::kOnce
  bool instance_is_dead = false;
};

/// What an invocation works on. All of it outlives the invocation.
struct InvocationParts {
  const Program& program;
  Journal& journal;
  Imports& imports;
  store::StateTree& state;
  std::uint64_t state_max = 0;
};

/// One actor's, reused for each of its invocations; its shard's thread. CHAIN-2: the state and the
/// effects change with the commit or not at all.
class Invocation final : public wasm::ImportHandler {
 public:
  explicit Invocation(const InvocationParts& parts) : parts_(parts) {}

  /// Records the inputs, then starts the call (CHAIN-3). `instance` was created with this as its
  /// handler. An error is the journal's.
  Status begin(wasm::Instance& instance, const Delivery& delivery);
  enum class Progress : std::uint8_t { kYielded, kSuspended, kEnded };
  /// Runs the guest for a slice; it is over early when much of what was recorded waits for the disk
  /// (Journal::must_rest). After kEnded: end(), effects(). An error is a port's.
  Result<Progress> poll();
  /// Answers the suspended call (recorded first); then poll.
  Status answer(ByteSpan result);
  /// Ends it now by trap(interrupted); the instance has to be destroyed.
  Status interrupt(std::string_view why);
  /// After a crash: ends the invocation of recv `receive`, which an earlier process began.
  Status close_unfinished(Seq receive);

  bool is_active() const { return is_active_; }
  const Delivery& delivery() const { return delivery_; }
  const InvocationEnd& end() const { return end_; }
  /// The seq of the pending host-req; what was asked, and with which arguments.
  std::optional<Seq> request() const { return run_.request; }
  const ImportTarget& request_target() const { return *run_.request_target; }
  ByteSpan request_arguments() const { return request_arguments_; }
  /// What the invocation buffered; the caller may take it by swapping.
  EffectBatch& effects() { return effects_; }
  std::uint64_t next_id() const { return next_id_; }
  void set_next_id(std::uint64_t id) { next_id_ = id; }
  /// Import calls so far in this invocation.
  std::uint64_t calls() const { return run_.ordinal; }

  wasm::ImportOutcome call_import(std::size_t import, ByteSpan arguments, Bytes& result) override;

 private:
  struct CallRecord {
    chain::Kind kind{};
    ByteSpan arguments;
    wasm::ImportOutcome outcome = wasm::ImportOutcome::kReturn;
  };
  /// Of the invocation that runs, or ran last.
  struct Run {
    std::uint64_t ordinal = 0;
    std::optional<Seq> request;
    const ImportTarget* request_target = nullptr;
    std::size_t asked = 0;        // of delivery_.asked, not met yet
    std::optional<Error> broken;  // a port failed in the middle of the call
    std::optional<std::string> over_limit;
    std::optional<Code> unrecorded;  // why a call could not be recorded: kFull, kQuota, kNoSpace
    bool is_done = false;            // the guest's part; the end is recorded when the log has room
  };
  Result<chain::Appended> record_receive(const Delivery& delivery);
  void gather_arguments();
  Result<CallOutcome> ask(const ImportTarget& target, ByteSpan arguments, Bytes& result);
  wasm::ImportOutcome record_call(const ImportTarget& target, const CallRecord& call,
                                  Bytes& result);
  wasm::ImportOutcome finish_call(const ImportTarget& target, ByteSpan arguments, Bytes& result);
  wasm::ImportOutcome suspend(const ImportTarget& target, ByteSpan arguments, Bytes& result);
  wasm::ImportOutcome not_recorded(const Error& error, Bytes& result);
  wasm::ImportOutcome break_off(const Error& error, Bytes& result);
  Status finish();
  Status finish_with(ByteSpan result);
  Status finish_ok(ByteSpan state, ByteSpan rest);
  Status finish_trap(chain::TrapReason reason, std::string_view text);
  void draft_outputs();
  bool has_room(std::size_t effects, std::size_t bytes) const;
  static std::string over_limit_text();
  std::optional<std::uint64_t> fuel() const;

  InvocationParts parts_;
  wasm::Instance* instance_ = nullptr;
  Delivery delivery_;
  bool is_active_ = false;
  std::uint64_t next_id_ = 1;
  Run run_;
  EffectBatch effects_;
  InvocationEnd end_;
  // Reused buffers.
  Bytes state_head_, list_head_;
  std::vector<ByteSpan> pieces_;
  std::vector<PayloadDraft> inputs_;
  std::vector<OutputDraft> outputs_;
  Bytes text_;
  Bytes request_arguments_;
};

}  // namespace theater::actor
