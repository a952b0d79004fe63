// OperationBook: the operations of one instance, from their start to the guest's last event.
//
//   check -> prepare -> commit -> start -> work -> part()* -> finish() -> op record -> queue ->
//   recv
//
// It owns the family's event queue, so that each operation's last event has its place from the
// start on.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actor/operation_port.h"
#include "host/event_queue.h"
#include "host/operation.h"
#include "host/operation_plan.h"
#include "io/executor.h"
#include "io/lifeline.h"
#include "wasm/binary_reader.h"

namespace theater::host {

/// The family's side of its book. What begins with `on_` may be left out.
class BookUser {
 public:
  /// Do it: begin the operation's work and return. It may finish at once.
  virtual void work(const Work& work, const StartCall& call) = 0;
  /// What the check says about these arguments, at a restart.
  virtual Planned plan(const StartCall& call) = 0;
  /// Stop working on it: it has ended (cancelled, deadline) or the actor stops.
  virtual void abort(OperationId id) = 0;
  /// The last event of an operation that the kit ends, in canonical binary form.
  virtual Bytes write_end(OperationId id, const GuestError& why) = 0;
  /// part() may be tried again: more credit, or room in the queue.
  virtual void on_credit(OperationId) {}
  /// As QueueUser: for the family's own events.
  virtual void on_event_taken(std::uint64_t /*source*/, std::size_t /*bytes*/) {}
  virtual void on_queue_resumed() {}
  virtual void on_gap(std::uint64_t /*dropped*/, Bytes& /*out*/) {}

 protected:
  ~BookUser() = default;
};

struct BookOptions {
  EventQueue::Options queue;  // reserved_max is set by the book
  Operations::Limits limits;
  std::uint64_t argument_bytes_max = kArgumentBytesMax;
};

/// One instance's, on its shard; owned by it. Ends by stop().
class OperationBook final : public actor::OperationPort, private OperationUser, private QueueUser {
 public:
  struct Ports {
    io::Executor& executor;
    io::Clock& clock;
    actor::ActorPort& actor;
    const actor::FamilyInfo& family;
  };
  OperationBook(BookOptions options, const Ports& ports, BookUser& user);
  ~OperationBook() override;

  // For the family.
  /// Its last event: it goes to the chain now, to the guest later. False: it had ended; counted.
  bool finish(OperationId id, OperationEnd how, ByteSpan last_event);
  /// Done; `result` is kept for collect.
  bool finish_kept(OperationId id, ByteSpan last_event, Bytes result);
  /// An event of an operation under way, whose content is `bytes`. False: no credit or no room:
  /// hold it, on_credit comes.
  bool part(OperationId id, ByteSpan event, std::uint64_t bytes);
  /// Bytes moved so far, those of parts included; and how many it will be, once that is known.
  void progress(OperationId id, std::uint64_t bytes);
  void expect(OperationId id, std::uint64_t total);
  bool is_running(OperationId id) const;
  /// The newest whose last event the guest has not handled; 0: there is none.
  OperationId newest() const { return entries_.empty() ? OperationId{} : entries_.rbegin()->first; }
  EventQueue& queue() { return queue_; }
  /// Of results that are kept for collect.
  std::uint64_t kept_bytes() const { return kept_bytes_; }

  // For the binding.
  Started prepare(OperationId id, const StartCall& call, const Plan& plan);
  void start(const actor::Effect& effect);
  void fold_start(const actor::Effect& effect, WallTime time);

  // For the instance.
  void settle(actor::Settlement settlement);
  void save(wasm::BinaryWriter& writer) const;
  Status load(wasm::BinaryReader& reader);
  void recover();
  void stop();
  void count(actor::Census& census) const;
  void measure(actor::Figures& figures) const;

  // OperationPort.
  std::optional<actor::OperationStatus> status(OperationId id) const override;
  void pending(std::vector<OperationId>& ids) const override;
  Result<Bytes> collect(OperationId id, std::uint64_t offset,
                        std::uint64_t bytes_max) const override;
  void more(OperationId id, std::uint64_t credit) override;
  void cancel(OperationId id) override;
  void delivered(OperationId id) override;
  void begin_again(OperationId id) override;
  Status fold_record(const actor::OperationPast& past) override;
  void fold_more(OperationId id, std::uint64_t credit) override;
  void fold_cancel(OperationId id) override;
  void fold_delivered(OperationId id) override;
  void list(std::vector<actor::OperationView>& views) const override;

 private:
  /// Tells operations' events from those of the family's own sources.
  static constexpr std::uint64_t kOperationSource = std::uint64_t{1} << 63;

  /// A last event on its way to the guest.
  struct Last {
    actor::OperationPhase phase = actor::OperationPhase::kDone;
    Bytes event;
    actor::EventOrigin origin;
  };
  enum class Step : std::uint8_t { kWaits, kRecorded, kBegun };  // recorded: as done again
  struct Entry {
    std::size_t function = 0;
    std::shared_ptr<const Bytes> arguments;  // lives on while its work is being begun; never null
    Plan plan;
    std::optional<MonotonicTime> deadline;
    Seq seq;
    WallTime since;
    Attempt attempt = Attempt::kFirst;
    std::uint64_t number = 1;
    std::uint64_t moved = 0, credit = 0;
    std::optional<std::uint64_t> total;
    bool wants_credit = false;
    bool is_cancelled = false;  // restart: the history says so
    Step step = Step::kWaits;
    std::optional<Last> last;

    /// It has ended: nothing is done with its arguments any more.
    void end(Last how);
  };
  struct Kept {
    Bytes result;
    MonotonicTime until;
  };
  using Entries = std::map<OperationId, Entry>;

  // OperationUser.
  void perform(OperationId id) override;
  void abort(OperationId id) override;
  void end(OperationId id, OperationEnd how) override;
  // QueueUser.
  void on_taken(std::uint64_t source, std::size_t bytes) override;
  void on_resumed() override;
  void write_gap(std::uint64_t dropped, Bytes& out) override;

  Entry* find(OperationId id);
  const Entry* find(OperationId id) const;
  void erase(Entries::iterator place);
  void count_arguments();
  void end_entry(Entry& entry, Last how);
  void drain_begins();
  void begin(OperationId id);
  void record_end(OperationId id, OperationEnd how, Bytes event);
  void restore(OperationId id);
  Status load_entry(wasm::BinaryReader& reader);
  void rearm();
  void on_time();
  void room_came();
  void retry_parts();
  actor::OperationPhase phase_of(OperationId id, const Entry& entry) const;
  actor::OperationStatus status_of(OperationId id, const Entry& entry) const;

  const Ports ports_;
  const std::uint64_t argument_bytes_max_;
  BookUser& user_;
  EventQueue queue_;
  Operations operations_;
  Entries entries_;
  std::uint64_t argument_bytes_ = 0;   // of those that have not ended; known after recover()
  std::vector<OperationId> prepared_;  // by the invocation under way
  std::deque<OperationId> begins_;     // slots were free for them
  bool is_beginning_ = false;
  std::optional<Bytes> own_end_;  // finish() is under way with this event
  std::map<OperationId, Kept> kept_;
  std::deque<OperationId> kept_in_turn_;  // as they are to be forgotten
  std::uint64_t kept_bytes_ = 0;
  std::uint64_t end_bytes_ = 0;  // of last events that wait
  std::optional<io::TimerId> timer_;
  std::optional<MonotonicTime> timer_due_;
  bool is_room_wanted_ = false;  // a part was refused for want of it
  bool is_retrying_ = false, is_stopped_ = false;
  io::Lifeline lifeline_;
};

}  // namespace theater::host
