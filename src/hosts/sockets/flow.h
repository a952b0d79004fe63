// Flow: which of an actor's connections are read and written, and when; what the guest is told of
// those that take no more.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"
#include "host/deferred.h"
#include "host/promises.h"
#include "host/rounds.h"
#include "hosts/sockets/shed.h"

namespace theater::hosts::sockets {

/// Whether more waits to be written to one connection than is good: from above out_high until
/// out_low.
struct Congestion {
  bool is_on = false;
  MonotonicTime since;

  /// True: it has begun or ended.
  template <typename Limits>
  bool update(std::size_t bytes, const Limits& limits, MonotonicTime now) {
    const bool is_over = bytes > (is_on ? limits.out_low : limits.out_high);
    if (is_over == std::exchange(is_on, is_over)) return false;
    since = now;
    return true;
  }
};

/// What a family says of its connections.
struct FlowRules {
  std::uint64_t credit_items, credit_bytes;  // that may wait for the actor, of each
  std::uint64_t congestion;                  // the source of events about it, without the id
  std::uint32_t promises;  // while it is told: that event, and what must be told besides
  Bytes (*congested)(std::uint64_t id);
  Bytes (*drained)(std::uint64_t id);
  /// What all connections hold for their peers, shared with them, and how much that may be: beyond
  /// it the slowest are cut off. Nothing: it is not bounded.
  websocket::ByteCount outgoing = nullptr;
  std::uint64_t out_total = 0;
};

/// Part of an instance, on its shard. Connections without credit are held: they keep what they have
/// read and are resumed in a task of its own; so are those written that have something to write.
template <typename Peers>
class Flow {
 public:
  using Peer = typename Peers::Map::mapped_type;
  using Connection = typename decltype(Peer::connection)::element_type;
  enum class Reading : std::uint8_t { kByCredit, kNobody };

  /// All of them outlive it.
  Flow(Peers& peers, host::EventQueue& queue, const host::Services& services,
       const FlowRules& rules)
      : peers_(peers),
        queue_(queue),
        clock_(services.clock),
        rules_(rules),
        deferred_(services.executor, *this) {}

  // In.

  std::size_t held_count() const { return held_.size(); }
  /// Whether more of it may be queued; if not, it is held.
  bool may_deliver(const Connection& connection) {
    if (has_credit(connection)) return true;
    if (!connection.is_held()) held_.push_back(connection.id());
    return false;
  }
  /// It is held from now on because reading goes on in another task.
  void pause(const Connection& connection) {
    if (!connection.is_held()) held_.push_back(connection.id());
    resume();
  }
  /// Queues an event of it for the actor; the actor has taken it. Of two parts, if it is large: the
  /// second is moved.
  void deliver(Connection& connection, std::uint64_t source, ByteSpan head,
               Bytes&& body = Bytes()) {
    ++connection.queued_items;
    connection.queued_bytes += head.size() + body.size();
    const auto put = queue_.put(source, head, std::move(body));
    CHECK(put == host::Put::kQueued, "BOUND-1");  // reading stops before the queue is full
  }
  void taken(Peer& peer, std::size_t bytes) {
    if (!peer.connection) return;
    --peer.connection->queued_items;
    peer.connection->queued_bytes -= bytes;
    if (peer.connection->is_held()) resume();
  }
  /// Those that have credit again.
  void resume() { deferred_.request(&Flow::resume_held); }
  void set(Reading reading) {
    if (std::exchange(reading_, reading) != reading) resume();
  }

  // Out.

  /// It has something to write, once for all that is queued until then.
  void mark_dirty(Connection& connection) {
    if (std::exchange(connection.is_dirty, true)) return;
    dirty_.push_back(connection.id());
    deferred_.request(&Flow::flush_dirty);
  }
  void on_congestion(Connection& connection) {
    if (Peer* peer = peers_.find(connection.id())) tell(connection.id(), *peer);
  }
  /// The guest was refused a write, and may try again: all that it wrote since is queued.
  void on_room(Connection& connection) {
    Peer* peer = peers_.find(connection.id());
    if (!peer || peer->promised_bytes > 0) return;
    connection.is_awaited = false;
    tell(connection.id(), *peer);
  }
  /// The time of the last tick: a coarse clock.
  MonotonicTime tick_time() const { return tick_time_; }
  void begin_tick(MonotonicTime now) { tick_time_ = now; }
  void end_tick() { make_room(); }
  /// With each tick: what could not be told before.
  void look(std::uint64_t id, Peer& peer) {
    if (peer.connection->is_awaited) {
      mark_dirty(*peer.connection);
    } else if (host::has_news(peer) && peer.hears_news()) {
      tell(id, peer);
    }
  }

 private:
  bool has_credit(const Connection& connection) const {
    return reading_ == Reading::kByCredit && !queue_.is_paused() &&
           connection.queued_items < rules_.credit_items &&
           connection.queued_bytes < rules_.credit_bytes;
  }
  void resume_held() {
    const auto may_resume = [this](const Connection& connection) {
      if constexpr (requires { connection.is_paused(); }) {
        if (connection.is_paused()) return true;
      }
      return has_credit(connection);
    };
    const auto round = host::resume_held(held_, host::finder_of(peers_), may_resume, clock_);
    if (round == host::Round::kUnfinished) resume();
  }
  void flush_dirty() {
    const auto round = host::flush_dirty(dirty_, host::finder_of(peers_), clock_);
    if (round == host::Round::kUnfinished) deferred_.request(&Flow::flush_dirty);
    if (excess() == Excess::kTwice) deferred_.request(&Flow::make_room);
  }
  Excess excess() const {
    return rules_.outgoing ? excess_of(*rules_.outgoing, rules_.out_total) : Excess::kNone;
  }
  /// Each tick, and soon when there is no time for that.
  void make_room() {
    if constexpr (requires(Connection& it) { it.cut_off(""); }) {
      const Excess too_much = excess();
      if (too_much == Excess::kNone) return;
      std::vector<Holder<Connection>> stuck;
      for (auto& [id, peer] : peers_.all()) {
        Connection* const it = peer.connection.get();
        if (!it || !it->is_stuck() || !is_slow(it->moved(), tick_time_, too_much)) continue;
        stuck.push_back({it->moved(), it->own_outgoing_bytes(), it});
      }
      const auto round =
          shed(std::move(stuck), rules_.outgoing, rules_.out_total,
               [](Connection& it) { it.cut_off("too slow: out_total was exceeded"); });
      if (round == host::Round::kUnfinished) deferred_.request(&Flow::make_room);
    }
  }
  /// Once room is promised for it besides the others; else with a later tick.
  void tell(std::uint64_t id, Peer& peer) {
    if (peer.is_congestion_queued || !peer.promises.fill(queue_, rules_.promises)) return;
    peer.is_congestion_queued = true;
    peer.told_congested = peer.connection->is_congested();
    peer.promises.put(queue_, rules_.congestion | id,
                      peer.told_congested ? rules_.congested(id) : rules_.drained(id));
  }

  Peers& peers_;
  host::EventQueue& queue_;
  const io::Clock& clock_;
  const FlowRules rules_;
  Reading reading_ = Reading::kByCredit;
  MonotonicTime tick_time_;
  std::vector<std::uint64_t> held_;   // wait for credit
  std::vector<std::uint64_t> dirty_;  // have something to flush
  host::Deferred<Flow> deferred_;
};

}  // namespace theater::hosts::sockets
