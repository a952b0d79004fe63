// websocket_server::Instance: one actor's connections.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/deferred.h"
#include "host/event_queue.h"
#include "host/family.h"
#include "host/rounds.h"
#include "hosts/listener/address.h"
#include "hosts/listener/pages.h"
#include "hosts/sockets/crowd.h"
#include "hosts/websocket_server/peers.h"
#include "hosts/websocket_server/protocol.h"
#include "hosts/websocket_server/topics.h"

namespace theater::hosts::websocket_server {

/// What an instance has from its family.
struct InstanceSetup {
  const host::Binding<class Instance>& binding;
  listener::AddressBook& addresses;
  std::span<std::uint8_t> scratch;  // the shard's
  Grant grant;
};

/// One actor's, on its shard. Holds its claim on the address, its connections, their events.
/// Calls see the connections as they will be when all earlier calls have been performed; what is
/// performed is queued on the connections and written once for each batch of effects.
class Instance final : public host::BoundInstance<Instance>,
                       private host::QueueUser,
                       private ConnectionOwner,
                       private sockets::CrowdUser<Peer>,
                       private listener::Admitter {
 public:
  Instance(InstanceSetup setup, const host::Context& context);
  ~Instance() override;

  // Host functions (instance_calls.cc).
  host::Outcome accept(std::uint64_t id, std::optional<std::string_view> subprotocol);
  host::Outcome send(std::uint64_t id, const Message& message);
  host::Outcome close(std::uint64_t id, std::uint16_t code, std::string_view reason);
  host::Outcome subscribe(std::uint64_t id, std::string_view topic);
  host::Outcome unsubscribe(std::uint64_t id, std::string_view topic);
  host::Outcome publish(std::string_view topic, const Message& message);
  host::Outcome set_attachment(std::uint64_t id, ByteSpan value);
  host::Data attachment(std::uint64_t id);

  // Their effects.
  void perform_accept(std::uint64_t id, std::optional<std::string_view> subprotocol);
  void perform_send(std::uint64_t id, const Message& message);
  void perform_close(std::uint64_t id, std::uint16_t code, std::string_view reason);
  void perform_subscribe(std::uint64_t id, std::string_view topic);
  void perform_unsubscribe(std::uint64_t id, std::string_view topic);
  void perform_publish(std::string_view topic, const Message& message);
  void perform_set_attachment(std::uint64_t, ByteSpan) {}  // done when it was called
  void fold_attachment(std::uint64_t id, ByteSpan value);

  void settle(actor::Settlement settlement) override;
  actor::EventSource* events() override { return &queue_; }
  Bytes save() const override;
  Status load(ByteSpan saved) override;
  Status fold_event(ByteSpan event) override;
  Status recover() override;
  void expect_stop(actor::EndReason reason) override;
  void stop(actor::StopMode mode) override;
  void release_memory() override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;  // instance_measure.cc

  /// The address, with its real port; empty before recover().
  std::string bound_address() const { return claim_ ? claim_->bound() : ""; }
  host::QueueCounters queue_counters() const { return queue_.counters(); }

 private:
  using Flow = sockets::Flow<Peers>;
  /// What an event in the queue is about; with the connection's id its source.
  enum class About : std::uint64_t { kMessage, kOpening, kOpened, kCongestion, kGap, kClosed };
  static std::uint64_t source(About about, std::uint64_t id) {
    return host::Source{about, id}.number();
  }

  // Admitter.
  void admit(listener::Visitor visitor) override;
  void open(listener::Visitor visitor);

  // ConnectionOwner.
  void on_opening(Connection& connection, const Opening& opening) override;
  void on_opened(Connection& connection, const Opening& opening) override;
  bool may_deliver(const Connection& connection) override { return flow_.may_deliver(connection); }
  void on_message(Connection& connection, const Message& message) override;
  void on_pause(Connection& connection) override { flow_.pause(connection); }
  void on_congestion(Connection& connection) override;
  void on_room(Connection& connection) override {
    if (!crowd_.is_stopping()) flow_.on_room(connection);
  }
  void on_closed(Connection& connection, const Closing& closing) override;
  void on_gone(Connection& connection) override;
  std::span<std::uint8_t> scratch() override { return setup_.scratch; }
  const ByteCount& outgoing() const override { return outgoing_; }
  const ByteCount& unfinished() const override { return unfinished_; }
  void on_unfinished() override {
    if (*unfinished_ > limits_.unfinished_max) deferred_.request(&Instance::shed_unfinished);
  }
  MonotonicTime tick_time() const override { return crowd_.tick_time(); }

  // CrowdUser.
  void on_look(std::uint64_t id, Peer& peer) override { tell_gap(id, peer); }
  bool on_tick() override;
  void on_buried() override { forget_unheard(); }
  void send_off(Connection& connection) override;
  void tell_interrupted(std::uint64_t id, Peer& peer, const host::GuestError& why) override;

  // QueueUser.
  void on_taken(std::uint64_t source, std::size_t bytes) override;
  void on_resumed() override { flow_.resume(); }
  void write_gap(std::uint64_t, Bytes&) override {}
  bool opens_batch(std::uint64_t source) const override;

  struct Farewell {
    std::uint16_t code;
    host::GuestCode why;
    std::string_view message;
  };
  Farewell farewell() const;
  void end_opening(Peer& peer);
  void shed_unfinished();
  void tell_slow_close(std::uint64_t id, const Closing& closing);
  void tell_gap(std::uint64_t id, Peer& peer);
  // instance_publish.cc
  void publish_some();
  host::Round tell_some(PublishTurn& turn);
  std::vector<std::uint64_t> next_to_hear(const Publication& publication) const;
  std::size_t tell(std::uint64_t id, Peer& peer, Publication& publication);
  void tell_dropped(std::uint64_t id, Peer& peer, std::uint64_t dropped);
  void catch_up(std::uint64_t id);
  void rest_or_read();
  void forget_unheard();
  void forget_asked(std::string_view topic);
  std::size_t new_topics() const;
  void forget_departed();
  void part_from_all();

  InstanceSetup setup_;
  const Limits& limits_;
  const host::Services services_;
  actor::ActorPort& actor_;
  host::EventQueue queue_;
  const ByteCount outgoing_ = websocket::count_bytes();    // shared with its connections
  const ByteCount unfinished_ = websocket::count_bytes();  // likewise
  Peers peers_;
  Flow flow_;
  sockets::Crowd<Peers> crowd_;
  Topics topics_;
  Publications publications_{outgoing_};
  std::size_t openings_bytes_ = 0;  // heads of connections that are asked about
  std::uint64_t last_id_ = 0;       // of connections, without kHostIdBit
  std::uint64_t greeted_ = 0;       // connections whose `opened` the guest was given
  /// How many subscribe calls for each topic are not performed yet; and those of the current
  /// invocation.
  std::map<std::string, std::size_t, std::less<>> asked_topics_;
  std::vector<std::string> asked_now_;
  listener::Pages pages_;
  host::RefusedWrites refused_;
  std::vector<std::uint64_t> departed_;  // ended connections the guest may still ask about
  Bytes event_;                          // being written
  Traffic traffic_;
  std::optional<actor::EndReason> end_reason_;  // as told before stop()
  bool is_parting_ = false;                     // a kill: a worker writes what is left
  host::Deferred<Instance> deferred_{services_.executor, *this};
  /// Shared with routes, which hold it weakly: this instance may be gone when
  /// they arrive. Destroyed with it, on its shard.
  std::shared_ptr<listener::Admitter*> self_;
  std::unique_ptr<listener::Claim> claim_;
};

}  // namespace theater::hosts::websocket_server
