// Connection: one WebSocket that the actor opens, from the name of the host to the last byte, over
// as many sockets as the reconnect policy takes. The I/O edge around the table in machine.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hosts/outbound/dialer.h"
#include "hosts/sockets/flow.h"
#include "hosts/websocket_client/grant.h"
#include "hosts/websocket_client/handshake.h"
#include "hosts/websocket_client/machine.h"
#include "hosts/websocket_client/protocol.h"

namespace theater::hosts::websocket_client {

class Connection;

/// Whoever owns connections. Told from inside connections' calls: notes, queues, never destroys
/// there.
class ConnectionOwner {
 public:
  virtual void on_opened(Connection& connection, const Opening& opening) = 0;
  /// Whether the actor's queue and the connection's credit have room for a message.
  virtual bool may_deliver(const Connection& connection) = 0;
  virtual void on_message(Connection& connection, const Message& message) = 0;
  /// It is held, though there may be credit: a message takes long to read.
  virtual void on_pause(Connection& connection) = 0;
  virtual void on_congestion(Connection& connection) = 0;  // is_congested() changed
  /// is_awaited, and no more than out_low is left to be written.
  virtual void on_room(Connection& connection) = 0;
  /// Whether another try could be reported; if so, on_retrying follows.
  virtual bool may_retry(Connection& connection) = 0;
  virtual void on_retrying(Connection& connection, std::uint32_t tries) = 0;
  virtual void on_closed(Connection& connection, const Closing& closing) = 0;
  /// The connection is done with; destroy it soon, not now.
  virtual void on_gone(Connection& connection) = 0;
  /// Where to read to; the shard's one buffer.
  virtual std::span<std::uint8_t> scratch() = 0;
  /// A coarse clock: the time of the last tick.
  virtual MonotonicTime tick_time() const = 0;
  virtual MaskKey next_mask() = 0;

 protected:
  ~ConnectionOwner() = default;
};

/// Owned by its actor's instance, on the actor's shard. Between messages an idle connection holds
/// no buffer. It ends by reaching State::kClosed; destroying it earlier resets the server and
/// reports nothing.
class Connection final : private io::StreamUser, private outbound::DialUser {
 public:
  struct Setup {
    std::uint64_t id;
    const Grant& grant;
    const io::TlsContext* tls;  // nullptr: the grant names no wss
    const host::Services& services;
    ConnectionOwner& owner;
  };
  Connection(const Setup& setup, Ask ask);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() { dial(); }

  // What the guest's effects do; without effect in a state that does not want them.
  void send(const Message& message);
  void close(std::uint16_t code, std::string_view reason);

  /// The host closes: stop, slow.
  void eject(std::uint16_t code, host::GuestCode why, std::string_view message);
  /// Writes what the socket takes. Once for all that was queued before.
  void flush();
  /// Messages may be delivered again.
  void resume();
  /// The bytes of the message that on_message() tells of, to keep; once, and large ones are moved.
  Bytes take_message() { return decoder_->take_payload(); }
  /// Gives up the socket, if there is one; then it is to be destroyed.
  std::unique_ptr<io::Stream> give_up();
  /// Looks at the deadlines; about once a second.
  void sweep(MonotonicTime now);

  std::uint64_t id() const { return setup_.id; }
  State state() const { return machine_.state(); }
  bool is_congested() const { return congestion_.is_on; }
  bool is_held() const { return is_held_; }
  bool is_paused() const { return is_paused_; }
  std::size_t outgoing_bytes() const { return outbox_.bytes(); }
  std::size_t held_bytes() const {
    return outbox_.bytes() + unread_.capacity() + decoder_->held_bytes();
  }

  /// The owner's marks: messages in the actor's queue, and a place in its list of the unflushed.
  std::uint32_t queued_items = 0;
  std::size_t queued_bytes = 0;
  bool is_awaited = false;  // the guest waits for room: on_room() is called
  bool is_dirty = false;

 private:
  enum class Lost : std::uint8_t { kForGood, kForNow };

  void on_readable() override;
  void on_writable() override;
  void on_dialled(std::unique_ptr<io::Stream> stream) override;
  void on_dial_failed(const host::GuestError& why) override;

  void apply(Input input);
  void act(Action action);
  void dial();
  void ask();
  void drop();
  void wait();
  void read_head(std::span<std::uint8_t> input);
  void consume(std::span<std::uint8_t> input);
  void hold(std::span<std::uint8_t> input);
  void pause(std::span<std::uint8_t> input);
  void handle(Item item);
  void handle_close();
  void want_more();
  void lose(host::GuestError why, Lost how);
  void broke(const Error& error);
  void end_of_peer();
  void silent();
  void queue_close();
  void queue_frame(const ClientFrame& frame);
  void queue_control(Opcode opcode, ByteSpan payload);
  void update_congestion();

  const Setup setup_;
  const Limits& limits_;
  const Ask ask_;
  Offer offer_;  // of the upgrade under way
  std::unique_ptr<outbound::Dialer> dialer_;
  std::unique_ptr<io::Stream> stream_;
  std::optional<Decoder> decoder_;
  Outbox outbox_;
  Bytes unread_;                            // of the answer's head, or when no credit was left
  ByteSpan payload_;                        // of the item being handled
  std::unique_ptr<Closing> closing_;        // what on_closed will say
  std::uint16_t wire_code_ = kCloseNoCode;  // of our close frame
  std::optional<io::TimerId> retry_;
  std::uint32_t tries_ = 0;  // in a row
  MonotonicTime deadline_;
  MonotonicTime opened_;
  MonotonicTime heard_;
  sockets::Congestion congestion_;
  int window_bits_ = 0;  // of what we compress; 0: nothing
  ConnectionMachine machine_{State::kDialling};
  bool is_text_ = false;  // the message being handled
  bool is_ping_sent_ = false;
  bool is_write_blocked_ = false;
  bool is_held_ = false;
  bool is_paused_ = false;  // held, and goes on whatever the credit
  bool has_peer_ended_ = false;
};

}  // namespace theater::hosts::websocket_client
