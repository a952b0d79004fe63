// Sockets: a family with the contract of websocket-server whose connections are the simulation's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/event_queue.h"
#include "host/family.h"
#include "hosts/websocket/payload.h"
#include "sim/ticker.h"
#include "sim/witness.h"
#include "wasm/engine.h"

namespace theater::sim {

using hosts::websocket::Closing;
using hosts::websocket::Message;
using hosts::websocket::Opening;
using hosts::websocket::Payload;

/// Keys of the simulated [grants.websocket-server].
struct SocketOptions {
  std::uint64_t items = 32;
  host::QueuePolicy policy = host::QueuePolicy::kPause;
};
Result<SocketOptions> parse_socket_options(const actor::Setting& grant);

/// One actor's connections. The driver opens them, says messages, reads slowly, leaves; the guest
/// sees what it would see of websocket-server. Effects are noted as they are performed.
class Sockets final : public host::BoundInstance<Sockets>, private host::QueueUser {
 public:
  struct Setup {
    const host::Binding<Sockets>& binding;
    SocketOptions options;
    Witness& witness;
    Ticker& ticker;
  };
  Sockets(const Setup& setup, const host::Context& context);
  ~Sockets() override;
  static host::Binding<Sockets> bind();

  // The driver's side.
  /// A new connection's id; nothing if there is no room or the actor stops.
  std::optional<std::uint64_t> open(const std::string& peer);
  /// Whether the next message would be read: with policy pause not above the high mark.
  bool may_say() const {
    const bool is_held = options_.policy == host::QueuePolicy::kPause && queue_.is_paused();
    return !is_stopping_ && !is_held;
  }
  void say(std::uint64_t id, std::string_view text);
  /// The peer reads so many of the messages that were sent to it.
  void read(std::uint64_t id, std::uint64_t messages);
  void leave(std::uint64_t id, const std::string& reason);
  bool is_open(std::uint64_t id) const;
  /// Events that were accepted and not yet taken.
  std::uint64_t waiting() const { return queue_.counters().depth; }

  // Host functions and their effects.
  host::Outcome accept(std::uint64_t id, std::optional<std::string_view> subprotocol);
  host::Outcome send(std::uint64_t id, const Message& message);
  host::Outcome close(std::uint64_t id, std::uint16_t code, std::string_view reason);
  host::Outcome subscribe(std::uint64_t id, std::string_view topic);
  host::Outcome unsubscribe(std::uint64_t id, std::string_view topic);
  host::Outcome publish(std::string_view topic, const Message& message);
  host::Outcome set_attachment(std::uint64_t id, ByteSpan value);
  host::Data attachment(std::uint64_t id);
  void perform_accept(std::uint64_t, std::optional<std::string_view>) {}
  void perform_send(std::uint64_t id, const Message& message);
  void perform_close(std::uint64_t id, std::uint16_t code, std::string_view reason);
  void perform_topic(std::uint64_t, std::string_view) {}
  void perform_publish(std::string_view topic, const Message& message);
  void perform_set_attachment(std::uint64_t, ByteSpan) {}

  void settle(actor::Settlement settlement) override;
  actor::EventSource* events() override { return &queue_; }
  Bytes save() const override;
  Status load(ByteSpan saved) override;
  Status fold_event(ByteSpan event) override;
  Status recover() override;
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;

 private:
  struct Line {
    bool is_open = true;
    bool is_known = false;     // the guest has seen it open, and not closed
    std::uint64_t unread = 0;  // messages that the peer has not read
    std::uint64_t gap = 0;     // published messages that it will never see
    std::uint64_t promises = 0;
    std::uint64_t sends_unsettled = 0, sends_waiting = 0;
    bool is_congested = false;
  };

  Line* find(std::uint64_t id);
  host::Outcome check_open(std::uint64_t id);
  bool put(std::uint64_t id, const Bytes& event);
  void put_promised(Line& line, std::uint64_t id, const Bytes& event);
  void end(std::uint64_t id, const Closing& closing);
  void hang_up();
  void on_taken(std::uint64_t, std::size_t) override {}
  void on_resumed() override {}
  void write_gap(std::uint64_t, Bytes&) override {}

  const SocketOptions options_;
  Witness& witness_;
  Ticker& ticker_;
  const host::Services services_;
  actor::ActorPort& actor_;
  host::EventQueue queue_;
  std::map<std::uint64_t, Line> lines_;
  std::uint64_t last_id_ = 0;
  bool is_stopping_ = false;
  std::optional<io::TimerId> hang_up_;
};

}  // namespace theater::sim
