// EventQueue: what the host has to tell one actor about one family, bounded in items and bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "actor/host_port.h"
#include "base/fifo.h"
#include "base/time.h"
#include "io/clock.h"

namespace theater::host {

/// What happens to an event that finds no room.
enum class QueuePolicy : std::uint8_t {
  kPause,       // refused, but well-behaved sources stop at the high mark and never get there
  kRefuse,      // refused; the source tells its peer
  kCoalesce,    // as kRefuse; an event with the key of a queued one takes its place at any time
  kDropOldest,  // the oldest is dropped; the next event delivered is gap(n)
};

struct QueueLimits {
  std::uint64_t items_max = 1024;
  std::uint64_t bytes_max = 8u << 20;
  std::uint64_t reserved_max = 0;  // further items, for events promised by reserve()
};

enum class Put : std::uint8_t { kQueued, kCoalesced, kDroppedOldest, kRefused };

struct QueueCounters {
  std::uint64_t depth = 0, bytes = 0, peak_depth = 0, peak_bytes = 0;
  std::uint64_t in = 0, out = 0, refused = 0, coalesced = 0, dropped = 0, paused = 0;
  Nanoseconds oldest_age{0};
};

/// The family's side of its queue. Called while the actor takes events: note what happened, act on
/// the family's own sources, never on the actor.
class QueueUser {
 public:
  /// An event of `source` left the queue; so many bytes of its credit are free again.
  virtual void on_taken(std::uint64_t source, std::size_t bytes) = 0;
  /// The queue fell to its low mark after it was above the high one.
  virtual void on_resumed() = 0;
  /// kDropOldest: appends the event that says `dropped` events are missing.
  virtual void write_gap(std::uint64_t dropped, Bytes& out) = 0;
  /// Events of `source` are never taken behind others: they open a new batch.
  virtual bool opens_batch(std::uint64_t) const { return false; }

 protected:
  ~QueueUser() = default;
};

/// One actor's queue for one family, on the actor's shard; owned by the family's instance. FIFO.
/// High mark: three quarters of either bound; low mark: half of that. Overflow is recorded in the
/// actor's chain: as an episode begins, each second with the totals, and as it ends.
class EventQueue final : public actor::EventSource {
 public:
  struct Options {
    std::string name;  // "timer events", in overflow records and counters
    QueuePolicy policy = QueuePolicy::kRefuse;
    QueueLimits limits;
  };
  EventQueue(Options options, QueueUser& user, actor::ActorPort& actor, const io::Clock& clock);

  /// Queues an event (canonical binary), copying it if it is accepted. `source` comes back in
  /// on_taken; `key` is for kCoalesce.
  Put put(std::uint64_t source, ByteSpan event, std::string_view key = {});
  /// The same for one of two parts, the second of which may be large: it is moved if it is
  /// accepted.
  Put put(std::uint64_t source, ByteSpan head, Bytes&& body);

  /// Promises room for `items` small events beyond items_max and bytes_max; false: none left.
  bool reserve(std::uint64_t items);
  void unreserve(std::uint64_t items);
  /// The same at a restart, for what was promised before it.
  void reserve_again() { ++promised_; }
  /// Queues an event under a promise, which it uses up. `origin`: it was recorded already.
  void put_reserved(std::uint64_t source, ByteSpan event,
                    const actor::EventOrigin* origin = nullptr);

  /// Whether an ordinary event of `bytes` would be queued.
  bool accepts(std::size_t bytes) const;
  /// Sources stop being read from the high mark on until on_resumed().
  bool is_paused() const { return is_paused_; }
  QueueCounters counters() const;
  /// Adds the counters as figures "queue_...".
  void measure(actor::Figures& figures) const;
  /// Bytes of events now held.
  std::uint64_t bytes() const { return counters_.bytes; }
  /// Drops everything, at the end of the actor; nobody is told.
  void clear();
  /// Gives back what only a busy actor needs.
  void release_memory();

  bool has_events() const override { return !items_.empty() || gap_ > 0; }
  void take(actor::EventBatch& batch) override;

 private:
  struct Item {
    std::uint64_t source = 0;
    MonotonicTime since;
    Bytes event;  // or its first part
    std::string key;
    bool is_reserved = false;
    std::unique_ptr<actor::EventOrigin> origin;
    Bytes body;  // its second part
    std::size_t size() const { return event.size() + body.size(); }
  };
  /// Something that did not fit, from its first event to the queue's low mark.
  struct Episode {
    bool is_open = false;
    std::uint64_t items = 0, bytes = 0;
    MonotonicTime told;
  };

  Put admit(std::uint64_t source, ByteSpan head, Bytes&& body, std::string_view key);
  void push(Item item);
  static void add(const Item& item, actor::EventBatch& batch);
  void pop();
  Bytes buffer_for(ByteSpan event);
  void drop_oldest();
  bool coalesce(ByteSpan event, std::string_view key);
  void overflow(std::size_t bytes);
  void tell_overflow();
  void update_marks();
  bool is_below(std::uint64_t numerator, std::uint64_t denominator) const;

  const Options options_;
  QueueUser& user_;
  actor::ActorPort& actor_;
  const io::Clock& clock_;
  Fifo<Item> items_;
  std::uint64_t first_number_ = 0;  // of items_.front()
  std::unordered_map<std::string, std::uint64_t> number_of_key_;
  std::vector<Bytes> spare_;  // emptied buffers, so that steady work allocates nothing
  std::uint64_t ordinary_ = 0;
  std::uint64_t promised_ = 0;
  std::uint64_t gap_ = 0;
  bool is_paused_ = false;
  Episode episode_;
  QueueCounters counters_;
};

}  // namespace theater::host
