// Watches: how far the operations are that a guest wants to hear of.
//
// Operations are looked at now and then, not listened to: one that nobody watches costs nothing,
// and however fast it moves it is told of no more often than was asked for.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "actor/host_port.h"
#include "hosts/operation/payload.h"
#include "io/clock.h"
#include "io/executor.h"
#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"

namespace theater::hosts::operation {

/// One actor's, on its shard; owned by the family's instance. At most one event of an operation
/// waits, and says how far it is when it is taken; of what has ended by then nothing is told. Ends
/// by stop().
class Watches final : public actor::EventSource {
 public:
  struct Ports {
    io::Executor& executor;
    io::Clock& clock;
    actor::ActorPort& actor;
  };
  explicit Watches(const Ports& ports) : ports_(ports) {}
  ~Watches() override;

  /// From now on, or not any more (`every` is 0).
  void set(OperationId id, Nanoseconds every);
  /// The same, of the history.
  void fold(OperationId id, Nanoseconds every);
  void save(wasm::BinaryWriter& writer) const;
  void load(wasm::BinaryReader& reader);
  /// After the last fold: what still goes on is looked at.
  void recover();
  void stop();

  bool contains(OperationId id) const { return watches_.contains(id); }
  std::size_t size() const { return watches_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  std::uint64_t told() const { return told_; }
  bool has_timer() const { return timer_.has_value(); }

  bool has_events() const override { return !waiting_.empty(); }
  void take(actor::EventBatch& batch) override;

 private:
  struct Watch {
    Nanoseconds every{0};
    MonotonicTime due;        // to be looked at
    bool is_waiting = false;  // an event of it is to be taken; it is not looked at meanwhile
    Payload told;             // the last
  };
  std::optional<actor::OperationStatus> status_of(OperationId id) const;
  void look();
  void rearm();

  const Ports ports_;
  std::map<OperationId, Watch> watches_;
  std::deque<OperationId> waiting_;  // each is watched
  std::uint64_t told_ = 0;
  std::optional<io::TimerId> timer_;
  MonotonicTime timer_due_;
};

}  // namespace theater::hosts::operation
