// tcp::Instance: the connections of one actor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/deferred.h"
#include "host/event_queue.h"
#include "host/family.h"
#include "host/rounds.h"
#include "hosts/sockets/crowd.h"
#include "hosts/tcp/peers.h"

namespace theater::hosts::tcp {

/// What an instance has from its family.
struct InstanceSetup {
  const host::Binding<class Instance>& binding;
  Doors& doors;                     // the family's
  std::span<std::uint8_t> scratch;  // the shard's
  Grant grant;
};

/// One actor's, on its shard. Holds its listener, its connections and their events. Calls see the
/// connections as they will be when all earlier calls have been performed; what is performed is
/// queued on the connections and written once for each batch of effects.
class Instance final : public host::BoundInstance<Instance>,
                       private host::QueueUser,
                       private io::ListenerUser,
                       private ConnectionOwner,
                       private sockets::CrowdUser<Peer> {
 public:
  Instance(InstanceSetup setup, const host::Context& context);
  ~Instance() override;

  // Host functions (instance_calls.cc).
  host::Started connect(actor::CallContext& call, std::string_view host, std::uint16_t port);
  host::Outcome send(std::uint64_t id, ByteSpan data);
  host::Outcome control(std::uint64_t id, const Order& order);
  host::Outcome transfer(std::uint64_t id, std::string_view to, ByteSpan note);

  // Their effects.
  void perform_connect(actor::Effect& effect, std::string_view host, std::uint16_t port);
  void perform_send(std::uint64_t id, ByteSpan data);
  void perform_control(std::uint64_t id, const Order& order);
  void perform_transfer(std::uint64_t id, std::string_view to, ByteSpan note);
  void fold_connect(host::PastEffect& past, std::string_view host, std::uint16_t port);

  void settle(actor::Settlement settlement) override;
  actor::EventSource* events() override { return &queue_; }
  Bytes save() const override;
  Status load(ByteSpan saved) override;
  Status fold_event(ByteSpan event) override;
  Status recover() override;
  void expect_stop(actor::EndReason) override;
  void stop(actor::StopMode mode) override;
  void release_memory() override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;

  // Other actors, in tasks of this shard (instance_transfer.cc).
  /// Takes a connection over; else it stays in the parcel, and this is why.
  host::Outcome receive(Parcel& parcel);
  /// What became of one that was handed over: nobody has taken it, and `parcel` has it, or all is
  /// well.
  void on_answer(Parcel& parcel, const host::Outcome& outcome);

  /// Where it listens, with the real port; empty: it does not.
  std::string bound_address() const { return listener_ ? listener_->address() : ""; }

 private:
  /// What an event in the queue is about; with the connection's id its source.
  enum class About : std::uint64_t { kData, kOpened, kOther, kCongestion, kClosed };
  static std::uint64_t source(About about, std::uint64_t id) {
    return host::Source{about, id}.number();
  }

  // ListenerUser.
  void on_acceptable() override;
  void adopt(std::unique_ptr<io::Stream> stream);
  bool has_room();
  void forget(std::uint64_t id);

  // ConnectionOwner.
  void on_opened(Connection& connection, const std::string& peer) override;
  bool may_deliver(const Connection& connection) override { return flow_.may_deliver(connection); }
  void on_data(Connection& connection, ByteSpan bytes) override;
  void on_paused(Connection& connection) override;
  void on_end_of_data(Connection& connection) override;
  void on_secured(Connection& connection) override;
  void on_moving(Connection& connection) override;
  void on_congestion(Connection& connection) override {
    if (!crowd_.is_stopping()) flow_.on_congestion(connection);
  }
  void on_room(Connection& connection) override {
    if (!crowd_.is_stopping()) flow_.on_room(connection);
  }
  void on_closed(Connection& connection, const std::optional<host::GuestError>& why) override;
  void on_gone(Connection& connection) override;
  std::span<std::uint8_t> scratch() override { return setup_.scratch; }
  MonotonicTime tick_time() const override { return crowd_.tick_time(); }

  // CrowdUser.
  bool on_tick() override;
  void on_buried() override;
  void send_off(Connection& connection) override;
  void tell_interrupted(std::uint64_t id, Peer& peer, const host::GuestError& why) override;

  // QueueUser.
  void on_taken(std::uint64_t source, std::size_t bytes) override;
  void on_resumed() override { flow_.resume(); }
  void write_gap(std::uint64_t, Bytes&) override {}

  host::Outcome check_writable(std::uint64_t id, const Peer& peer) const;
  host::Outcome check_tls(std::uint64_t id, const Peer& peer,
                          const std::optional<std::string>& host) const;
  const std::shared_ptr<io::TlsContext>& tls_of(End end) const;
  void hand_over();
  void tell_not_moved(std::uint64_t id, Peer& peer, const host::Outcome& why);

  InstanceSetup setup_;
  const Limits& limits_;
  const host::Services services_;
  actor::ActorPort& actor_;
  host::EventQueue queue_;
  Peers peers_;
  sockets::Flow<Peers> flow_;
  sockets::Crowd<Peers> crowd_;
  std::unique_ptr<io::Listener> listener_;
  std::shared_ptr<io::TlsContext> client_tls_;  // shared with the streams made from them
  std::shared_ptr<io::TlsContext> server_tls_;
  std::uint64_t last_id_ = 0;    // of accepted connections, without kHostIdBit
  std::size_t asked_count_ = 0;  // called and not performed
  bool is_accept_held_ = false;  // no room, or no descriptor
  host::RefusedWrites refused_;
  std::vector<std::uint64_t> moving_;       // connections whose sockets are to leave
  std::vector<std::uint64_t> interrupted_;  // restart: known until recover()
  std::uint64_t opened_ = 0, accepted_ = 0, handed_ = 0, failed_ = 0, bytes_in_ = 0, bytes_out_ = 0;
  host::Deferred<Instance> deferred_{services_.executor, *this};
};

}  // namespace theater::hosts::tcp
