// The port between an actor and its host families. An actor knows of a family only what is here;
// a family knows of its actor only ActorPort and CallContext.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actor/event_batch.h"
#include "actor/family_info.h"
#include "actor/figure.h"
#include "actor/operation_port.h"
#include "actor/settings.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace theater::actor {

/// How a host call ended. kDenied: refused for want of a grant; `result` is the guest's answer
/// (its error case) and the call is recorded as denied. kTrap: `result` is the message. kSuspend:
/// only Nature::kWait; ActorPort::answer_wait brings the result.
enum class CallOutcome : std::uint8_t { kReturn, kDenied, kSuspend, kTrap };

/// An effect that became real: its call's arguments in canonical binary form (borrowed for the
/// call), and the id it minted, 0 if none.
struct Effect {
  std::size_t function = 0;
  ByteSpan arguments;
  std::uint64_t id = 0;
  Seq seq;                   // of the commit or host-req that caused it
  std::uint64_t ticket = 0;  // names a kWait call to ActorPort::answer_wait
};

/// What a call may know of the invocation it runs in.
struct CallContext {
  Seq invocation;             // seq of its recv; with `ordinal` the idempotency key
  std::uint64_t ordinal = 0;  // place among all import calls of the invocation
  std::uint64_t next_id = 0;  // what a kMintedId call answers as ok; used up if it does
  bool was_asked = false;     // a kWait call that suspends was made before a crash, and must not be
                              // made twice: it answers its error `interrupted` at once
};

/// How an invocation of a family's handler ended for good.
struct HandledEnd {
  Seq seq;                 // of its commit or trap
  bool is_commit = false;  // false: failed, and its events are not delivered again
  ByteSpan answers;        // what a committed one returned beside the state
};

enum class Settlement : std::uint8_t { kCommitted, kDiscarded };
enum class StopMode : std::uint8_t {
  kDrain,  // refuse new work, close politely, report through ActorPort::drained
  kKill,   // release everything before returning
};

/// Why a stop comes, for peers that can be told so.
enum class EndReason : std::uint8_t {
  kStop,     // somebody asked for it
  kRestart,  // the node stops to be started again at once
  kFault,    // the actor cannot go on
};

/// What a family holds. All zero once it has stopped (END-1).
struct Census {
  std::uint64_t descriptors = 0;
  std::uint64_t timers = 0;
  std::uint64_t operations = 0;
  std::uint64_t connections = 0;
  std::uint64_t bytes = 0;
  bool is_empty() const { return *this == Census{}; }
  bool operator==(const Census&) const = default;
};

/// A family's bounded queue of events, drained by its actor. Shard thread only.
class EventSource {
 public:
  virtual ~EventSource() = default;
  virtual bool has_events() const = 0;
  /// Moves events from the front into `batch` until it is full (EventBatch::accepts). An event
  /// taken belongs to the actor, which delivers it again itself if the batch fails.
  virtual void take(EventBatch& batch) = 0;
};

/// One actor's instance of a family, on its shard; destroyed after stop(), its census empty.
class FamilyInstance {
 public:
  virtual ~FamilyInstance() = default;
  virtual const FamilyInfo& info() const = 0;
  /// Runs host function `function`. Touches nothing outside the invocation's own buffer: an
  /// effect call validates and answers. On kReturn and kDenied `result` is the canonical binary
  /// result. Must not block and must not call the actor.
  virtual CallOutcome call(std::size_t function, ByteSpan arguments, const CallContext& context,
                           Bytes& result) = 0;
  /// Ends the calls since the last settle: they became real (later calls must see them as done)
  /// or never happened. Called after each invocation in which call() was called.
  virtual void settle(Settlement settlement) = 0;
  /// Families with FamilyInfo::answers: their handler has run with these events. A commit is told
  /// before settle. For each call of this one answers effect is performed, in the same order, once
  /// the commit or trap is durable; after a failure it is an empty list.
  virtual void handled(const EventBatch&, const HandledEnd&) {}
  /// Makes an effect happen outside. Called by the gate, in order, once it is durable (CHAIN-1).
  virtual void perform(const Effect& effect) = 0;
  /// Its queue; nullptr if the family has no events. Stable for the instance's life.
  virtual EventSource* events() = 0;
  /// Its operations; nullptr unless FamilyInfo::has_operations. Stable for the instance's life.
  virtual OperationPort* operations() { return nullptr; }
  /// Appends requests that wait for the actor, at most so many; answers how many more there are.
  virtual std::size_t list_requests(std::vector<RequestView>&, std::size_t) const { return 0; }

  /// What a restart cannot learn from the history after a snapshot: live timers, connections.
  virtual Bytes save() const = 0;
  virtual Status load(ByteSpan saved) = 0;
  /// Restart, after load and in the order of the history: an effect that was committed at
  /// `time`, an event that was delivered (its invocation committed).
  virtual Status fold_effect(const Effect& effect, WallTime time) = 0;
  virtual Status fold_event(ByteSpan event) = 0;
  /// Restart, after the last fold: arm timers, open listeners, report what the crash interrupted
  /// as events. For a new actor: open for business. Refuses with a sentence (address in use).
  virtual Status recover() = 0;

  /// Before stop(), if peers may be told why it comes: takes no new ones, serves those it has. Told
  /// again, the first reason stands.
  virtual void expect_stop(EndReason) {}
  /// Whether its queue holds what the guest is told before a stop: the actor delivers it, and lets
  /// out what the guest answers, before it stops anything.
  virtual bool has_parting_event() const { return false; }
  virtual void stop(StopMode mode) = 0;
  /// The actor is idle and evicted: gives back buffers that only a busy one needs.
  virtual void release_memory() {}
  virtual Census census() const = 0;
  /// Adds what it counts; cheap, called now and then between invocations.
  virtual void measure(Figures&) const {}
};

/// A bound that was reached; becomes an `overflow` record.
struct Overflow {
  std::string_view queue;  // "websocket-server events"
  chain::OverflowPolicy policy = chain::OverflowPolicy::kRefuse;
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
};

struct Identity {
  ActorId id;
  std::string name;
  Digest component;
};

/// The newest event of an actor's chain.
struct ChainHead {
  Seq seq;
  Digest leaf;
};

/// What a family may tell its actor, on its shard, never from inside call(). Outlives the instance.
class ActorPort {
 public:
  virtual ~ActorPort() = default;
  virtual const Identity& identity() const = 0;
  /// The head of the actor's chain, for people (pages served beside a resource); nothing while
  /// newer events still wait for the disk.
  virtual std::optional<ChainHead> durable_head() const { return std::nullopt; }
  /// The family's EventSource has events. Idempotent and cheap.
  virtual void events_ready() = 0;
  virtual void record_overflow(const Overflow& overflow) = 0;  // may end the actor, next turn
  /// The actor asked to stop (runtime.stop performed): it stops as by StopMode::kDrain.
  virtual void stop_requested(ByteSpan output) = 0;
  /// Answers a kWait call with its canonical binary result. An unknown ticket is ignored.
  virtual void answer_wait(std::uint64_t ticket, ByteSpan result) = 0;
  /// How long a call of this actor's guest may take, and so a kWait call: limits.deadline.
  virtual Nanoseconds call_time_max() const { return std::chrono::seconds(10); }
  /// The operations of all families of this actor. Stable for its life; nullptr: there are none.
  virtual OperationPort* operations() { return nullptr; }
  /// Records that an operation has ended: answers where its event stands, to be queued with that.
  /// Or that it is done again: OperationPort::begin_again follows. Nothing: the actor is ending.
  virtual std::optional<EventOrigin> record_operation(const OperationNote&) { return std::nullopt; }
  /// A family's census became empty after stop(kDrain), or effects left the gate: the actor looks.
  virtual void drained() = 0;
};

/// The node's families as actors see them; `hosts` binds it. Immutable, any thread.
class FamilySet {
 public:
  virtual ~FamilySet() = default;
  /// In a fixed order; a position is a family's index. Borrowed for the set's life.
  virtual std::span<const FamilyInfo* const> infos() const = 0;
  /// Whether a table [grants.<family>] is well formed. Names line and column of a mistake.
  virtual Status check_grant(std::size_t family, const Setting& grant) const = 0;
  /// Makes one actor's instance, on that actor's shard. Opens nothing before recover().
  virtual Result<std::unique_ptr<FamilyInstance>> create(std::size_t family, const Setting& grant,
                                                         ActorPort& actor) const = 0;
};

}  // namespace theater::actor
