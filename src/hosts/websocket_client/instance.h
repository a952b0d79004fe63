// websocket_client::Instance: the connections that one actor opens.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "host/event_queue.h"
#include "host/family.h"
#include "host/rounds.h"
#include "hosts/sockets/crowd.h"
#include "hosts/websocket_client/peers.h"

namespace theater::hosts::websocket_client {

/// What an instance has from its family.
struct InstanceSetup {
  const host::Binding<class Instance>& binding;
  std::span<std::uint8_t> scratch;  // the shard's
  Grant grant;
};

/// One actor's, on its shard. Holds its connections and their events. Calls see the connections as
/// they will be when all earlier calls have been performed; what is performed is queued on the
/// connections and written once for each batch of effects. A connection is known to the guest by
/// the id that `connect` minted, until the invocation that was given its closed event.
class Instance final : public host::BoundInstance<Instance>,
                       private host::QueueUser,
                       private ConnectionOwner,
                       private sockets::CrowdUser<Peer> {
 public:
  Instance(InstanceSetup setup, const host::Context& context);

  // Host functions (instance_calls.cc).
  host::Started connect(actor::CallContext& call, std::string_view url,
                        const std::vector<std::string>& subprotocols, const host::Headers& headers);
  host::Outcome send(std::uint64_t id, const Message& message);
  host::Outcome close(std::uint64_t id, std::uint16_t code, std::string_view reason);

  // Their effects.
  void perform_connect(actor::Effect& effect, std::string_view url,
                       const std::vector<std::string>& subprotocols, const host::Headers& headers);
  void perform_send(std::uint64_t id, const Message& message);
  void perform_close(std::uint64_t id, std::uint16_t code, std::string_view reason);
  void fold_connect(host::PastEffect& past, std::string_view url,
                    const std::vector<std::string>& subprotocols, const host::Headers& headers);

  void settle(actor::Settlement settlement) override;
  actor::EventSource* events() override { return &queue_; }
  Bytes save() const override;
  Status load(ByteSpan saved) override;
  Status fold_event(ByteSpan event) override;
  Status recover() override;
  void stop(actor::StopMode mode) override { crowd_.stop(mode); }
  actor::Census census() const override { return crowd_.census(); }
  void measure(actor::Figures& figures) const override;

 private:
  /// What an event in the queue is about; with the connection's id its source.
  enum class About : std::uint64_t { kMessage, kOpened, kCongestion, kRetrying, kClosed };
  static std::uint64_t source(About about, std::uint64_t id) {
    return host::Source{about, id}.number();
  }

  // ConnectionOwner.
  void on_opened(Connection& connection, const Opening& opening) override;
  bool may_deliver(const Connection& connection) override { return flow_.may_deliver(connection); }
  void on_message(Connection& connection, const Message& message) override;
  void on_pause(Connection& connection) override { flow_.pause(connection); }
  void on_congestion(Connection& connection) override {
    if (!crowd_.is_stopping()) flow_.on_congestion(connection);
  }
  void on_room(Connection& connection) override {
    if (!crowd_.is_stopping()) flow_.on_room(connection);
  }
  bool may_retry(Connection& connection) override;
  void on_retrying(Connection& connection, std::uint32_t tries) override;
  void on_closed(Connection& connection, const Closing& closing) override;
  void on_gone(Connection& connection) override;
  std::span<std::uint8_t> scratch() override { return setup_.scratch; }
  MonotonicTime tick_time() const override { return crowd_.tick_time(); }
  MaskKey next_mask() override;

  // CrowdUser.
  void on_buried() override;
  void send_off(Connection& connection) override;
  void tell_interrupted(std::uint64_t id, Peer& peer, const host::GuestError& why) override;

  // QueueUser.
  void on_taken(std::uint64_t source, std::size_t bytes) override;
  void on_resumed() override { flow_.resume(); }
  void write_gap(std::uint64_t, Bytes&) override {}

  InstanceSetup setup_;
  const Limits& limits_;
  const host::Services services_;
  actor::ActorPort& actor_;
  host::EventQueue queue_;
  Peers peers_;
  sockets::Flow<Peers> flow_;
  sockets::Crowd<Peers> crowd_;
  std::shared_ptr<io::TlsContext> tls_;  // shared with the streams made from it
  std::size_t asked_count_ = 0;          // called and not performed
  host::RefusedWrites refused_;
  std::vector<std::uint64_t> interrupted_;  // restart: known until recover()
  Bytes event_;                             // being written
  std::array<std::uint8_t, 256> masks_;
  std::size_t mask_at_ = masks_.size();  // in masks_; at its end: none left
  Traffic traffic_;
  std::uint64_t retries_ = 0;
};

}  // namespace theater::hosts::websocket_client
