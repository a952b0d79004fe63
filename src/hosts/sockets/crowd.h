// Crowd: the connections of one actor in time: deadlines, what a crash cut off, the end.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "actor/host_port.h"
#include "base/check.h"
#include "host/closing.h"
#include "host/family.h"
#include "host/patrol.h"
#include "hosts/sockets/flow.h"

namespace theater::hosts::sockets {

/// The family's side of a crowd: an instance.
template <typename Peer>
class CrowdUser {
 public:
  using Connection = typename decltype(Peer::connection)::element_type;

  /// Each tick, for every connection there is, some in each task.
  virtual void on_look(std::uint64_t, Peer&) {}
  /// Each tick, in the end; true: another one must follow, whoever is there.
  virtual bool on_tick() { return false; }
  /// All that had gone were destroyed.
  virtual void on_buried() {}
  /// A stop: the connection says why, and closes; it is flushed then.
  virtual void send_off(Connection& connection) = 0;
  /// A restart: queues the closed event of a connection that was cut off, for which it has a
  /// promise.
  virtual void tell_interrupted(std::uint64_t id, Peer& peer, const host::GuestError& why) = 0;

 protected:
  ~CrowdUser() = default;
};

/// Part of an instance, on its shard. Many are sent off and destroyed some in each task.
template <typename Peers>
class Crowd {
 public:
  using Peer = typename Peers::Map::mapped_type;
  using Connection = typename CrowdUser<Peer>::Connection;
  /// They outlive it.
  struct Setup {
    Peers& peers;
    Flow<Peers>& flow;
    host::EventQueue& queue;
    const host::Services& services;
    actor::ActorPort& actor;
    CrowdUser<Peer>& user;
  };
  explicit Crowd(const Setup& setup) : it_(setup) {}
  ~Crowd() {
    CHECK(count_ == 0, "END-1");
    cancel_tick();
  }

  /// Performed or accepted, and not gone.
  std::size_t count() const { return count_; }
  void add() { ++count_; }
  /// One that could not be watched after all.
  void take_back() { --count_; }
  /// It has gone: to be destroyed soon, not now.
  void bury(std::unique_ptr<Connection> connection) {
    dead_.push_back(std::move(connection));
    --count_;
    deferred_.request(&Crowd::bury_some);
  }

  // Time.

  MonotonicTime tick_time() const { return it_.flow.tick_time(); }
  void arm_tick() {
    if (tick_) return;
    it_.flow.begin_tick(it_.services.clock.now());
    tick_ = it_.services.executor.after(kTick, [this] { tick(); });
  }
  void end_tick_if_idle() {
    if (count_ == 0) cancel_tick();
  }

  // Restart.

  /// The connections that a crash or stop cut off: closed, as far as promises go.
  void report_interrupted(std::vector<std::uint64_t> ids) {
    interrupted_ = std::move(ids);
    report_more();
  }
  /// A closed event was taken: there may be room for another one.
  void on_closed_taken() {
    if (!interrupted_.empty()) deferred_.request(&Crowd::report_more);
  }

  // The end.

  bool is_stopping() const { return is_stopping_; }
  /// The first part of stop(): nothing more is queued for the actor.
  void refuse() {
    is_stopping_ = true;
    it_.queue.clear();
    interrupted_.clear();
  }
  void stop(actor::StopMode mode) {
    refuse();
    if (mode == actor::StopMode::kKill) {
      host::drop_all(it_.peers, dead_, it_.services);
      count_ = 0;
      leaving_.clear();
    } else {
      is_drained_told_ = false;
      leaving_ = host::all_connected(it_.peers);
      send_off();
    }
    end_tick_if_idle();
    drained_if_empty();
  }
  void drained_if_empty() {
    if (!is_stopping_ || is_drained_told_ || count_ > 0 || !dead_.empty()) return;
    cancel_tick();
    is_drained_told_ = true;
    it_.actor.drained();
  }
  actor::Census census() const {
    actor::Census census;
    census.connections = census.descriptors = count_;
    census.timers = tick_ ? 1 : 0;
    census.bytes = it_.queue.bytes();
    for (const auto& [id, peer] : it_.peers.all()) {
      if (peer.connection) census.bytes += peer.connection->held_bytes();
    }
    return census;
  }

 private:
  void tick() {
    tick_.reset();
    it_.flow.begin_tick(it_.services.clock.now());
    patrol_.begin(host::all_connected(it_.peers));
  }
  void look(std::uint64_t id) {
    Peer* peer = it_.peers.find(id);
    if (!peer || !peer->connection) return;
    it_.user.on_look(id, *peer);
    if (!is_stopping_) it_.flow.look(id, *peer);
    peer->connection->sweep(tick_time());
  }
  void end_tick() {
    it_.flow.end_tick();
    if (it_.user.on_tick() || count_ > 0) arm_tick();
  }
  void cancel_tick() {
    if (tick_) it_.services.executor.cancel(*std::exchange(tick_, std::nullopt));
    patrol_.cancel();
  }
  void bury_some() {
    const auto round = host::bury_some(dead_, it_.services.clock);
    if (round == host::Round::kUnfinished) return deferred_.request(&Crowd::bury_some);
    it_.user.on_buried();
    drained_if_empty();
  }
  void report_more() {
    const host::GuestError why{host::GuestCode::kInterrupted, "",
                               "the node stopped while the connection was open", std::nullopt};
    while (!interrupted_.empty() && !is_stopping_ && it_.queue.reserve(1)) {
      const std::uint64_t id = interrupted_.back();
      interrupted_.pop_back();
      Peer& peer = *it_.peers.find(id);
      peer.promises.hold(1);
      it_.user.tell_interrupted(id, peer, why);
    }
  }
  void send_off() {
    const auto close = [this](Connection& connection) {
      it_.user.send_off(connection);
      connection.flush();
    };
    const auto find = host::finder_of(it_.peers);
    const auto round = host::act_on_some(leaving_, find, close, it_.services.clock);
    if (round == host::Round::kUnfinished) deferred_.request(&Crowd::send_off);
  }

  const Setup it_;
  std::size_t count_ = 0;
  std::vector<std::uint64_t> interrupted_;  // closed events not queued yet
  std::vector<std::uint64_t> leaving_;      // stop: those that are not told yet
  std::vector<std::unique_ptr<Connection>> dead_;
  std::optional<io::TimerId> tick_;
  bool is_stopping_ = false;
  bool is_drained_told_ = true;
  host::Deferred<Crowd> deferred_{it_.services.executor, *this};
  host::Patrol patrol_{it_.services,
                       {[this](std::uint64_t id) { look(id); }, [this] { end_tick(); }}};
};

}  // namespace theater::hosts::sockets
