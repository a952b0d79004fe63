// Connection: one WebSocket, from its upgrade request to the last byte. The I/O edge around the
// table in machine.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "hosts/listener/visitor.h"
#include "hosts/sockets/flow.h"
#include "hosts/websocket_server/grant.h"
#include "hosts/websocket_server/machine.h"
#include "hosts/websocket_server/protocol.h"
#include "hosts/websocket_server/publications.h"
#include "hosts/websocket_server/upgrade.h"
#include "io/network.h"

namespace theater::hosts::websocket_server {

class Connection;

/// Whoever owns connections. Told from inside connections' calls: notes, queues, never destroys
/// there.
class ConnectionOwner {
 public:
  virtual void on_opening(Connection& connection, const Opening& opening) = 0;
  virtual void on_opened(Connection& connection, const Opening& opening) = 0;
  /// Whether the actor's queue and the connection's credit have room for a message.
  virtual bool may_deliver(const Connection& connection) = 0;
  virtual void on_message(Connection& connection, const Message& message) = 0;
  /// It is held, though there may be credit: a message takes long to read.
  virtual void on_pause(Connection& connection) = 0;
  virtual void on_congestion(Connection& connection) = 0;  // is_congested() changed
  /// is_awaited, and no more than out_low is left to be written.
  virtual void on_room(Connection& connection) = 0;
  virtual void on_closed(Connection& connection, const Closing& closing) = 0;
  /// The stream is done with; destroy the connection soon, not now.
  virtual void on_gone(Connection& connection) = 0;
  /// Where to read to; the shard's one buffer.
  virtual std::span<std::uint8_t> scratch() = 0;
  /// Where what connections hold for their clients counts; and what they have of messages that are
  /// not complete, which has become more.
  virtual const ByteCount& outgoing() const = 0;
  virtual const ByteCount& unfinished() const = 0;
  virtual void on_unfinished() = 0;
  /// A coarse clock: the time of the last tick.
  virtual MonotonicTime tick_time() const = 0;

 protected:
  ~ConnectionOwner() = default;
};

/// Owned by its actor's instance, on the actor's shard. At most one read and one write are under
/// way. Between messages an idle connection holds no buffer. It ends by reaching State::kClosed;
/// destroying it earlier resets the peer and reports nothing.
class Connection final : private io::StreamUser {
 public:
  struct Setup {
    std::uint64_t id;
    const Grant& grant;
    ConnectionOwner& owner;
  };
  Connection(const Setup& setup, listener::Visitor visitor, Upgrade upgrade);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins: reports opening and waits, or accepts at once, as the grant says.
  Status start(io::Network& network);

  // What the guest's effects do; without effect in a state that does not want them.
  void accept(const std::optional<std::string>& subprotocol);
  void send(const Message& message);
  /// Queues what was published and waits in `all`.
  void hear(Publications& all, Publication& publication);
  /// If more than topic_bytes wait: writes, and drops the oldest of what was published that is
  /// still too much; answers how many.
  std::uint64_t make_room();
  void close(std::uint16_t code, std::string_view reason);

  /// The client holds too much: it is the end, nothing more is written, not even why.
  void cut_off(std::string_view why);
  /// The host closes: stop, restart, slow.
  void eject(std::uint16_t code, host::GuestCode why, std::string_view message);
  /// Writes what the socket takes. Once for all that was queued before.
  void flush();
  /// Messages may be delivered again.
  void resume();
  /// The bytes of the message that on_message() tells of, to keep; once, and large ones are moved.
  Bytes take_message() { return decoder_.take_payload(); }
  /// Gives up the socket, if there is one; then it is to be destroyed.
  std::unique_ptr<io::Stream> give_up();
  /// Leaves its shard: tells its owner nothing more, and asks it nothing; from then on any one
  /// thread may eject it and part from it.
  void leave() {
    stream_->abandon();
    has_left_ = true;
  }
  /// Writes what is still to be written, as far as the socket takes it; then it is to be destroyed.
  void part() {
    for (std::size_t before = 0; before != outbox_.bytes();) {
      before = outbox_.bytes();
      if (!outbox_.write_to(*stream_)) return;
    }
  }
  /// Looks at the deadlines; about once a second.
  void sweep(MonotonicTime now);

  std::uint64_t id() const { return id_; }
  State state() const { return machine_.state(); }
  bool is_congested() const { return congestion_.is_on; }
  bool is_held() const { return is_held_; }
  bool is_paused() const { return is_paused_; }
  /// Whether its socket takes no more of what is to be written.
  bool is_stuck() const { return is_write_blocked_ && !outbox_.is_empty(); }
  /// When it last took something, or ceased to take all.
  MonotonicTime moved() const { return moved_; }
  /// Of a message that is not complete, and since when.
  std::size_t unfinished_bytes() const { return unfinished_.bytes(); }
  MonotonicTime unfinished_since() const { return unfinished_since_; }
  std::size_t outgoing_bytes() const { return outbox_.bytes(); }
  /// Of those, what was never shared with others.
  std::size_t own_outgoing_bytes() const { return outbox_.own_bytes(); }
  std::size_t held_bytes() const {
    return outbox_.bytes() + unread_.capacity() + decoder_.held_bytes();
  }
  /// Subprotocols the client offers, while opening.
  bool offers(std::string_view subprotocol) const;

  /// The owner's marks: messages in the actor's queue, and a place in its list of the unflushed.
  std::uint32_t queued_items = 0;
  std::size_t queued_bytes = 0;
  bool is_awaited = false;  // the guest waits for room: on_room() is called
  bool is_dirty = false;

 private:
  void on_readable() override;
  void on_writable() override;

  void apply(Input input);
  void act(Action action);
  void consume(std::span<std::uint8_t> input);
  void hold(std::span<std::uint8_t> input);
  void pause(std::span<std::uint8_t> input);
  void handle(Item item);
  void note_unfinished();
  void expire(std::string_view why);
  Message handled_message() const;
  std::size_t wanted_bytes() const;
  void want_more();
  void broke(const Error& error);
  void end_of_peer();
  void switch_protocol();
  void reject();
  void queue_close();
  void queue_control(Opcode opcode, ByteSpan payload);
  void update_congestion();
  void set_deadline();

  /// What is only needed until the upgrade is answered.
  struct Pending {
    Opening opening;
    Upgrade upgrade;
    std::uint16_t refusal = 503;
    std::string message = "not accepted in time";
  };

  const std::uint64_t id_;
  const Grant& grant_;
  ConnectionOwner& owner_;
  std::unique_ptr<io::Stream> stream_;
  std::unique_ptr<Pending> pending_;
  Decoder decoder_;
  Outbox outbox_;
  Bytes unread_;                            // arrived before the answer, or when no credit was left
  ByteSpan payload_;                        // of the item being handled
  std::unique_ptr<Closing> closing_;        // what on_closed will say
  std::uint16_t wire_code_ = kCloseNoCode;  // of our close frame
  MonotonicTime deadline_;
  MonotonicTime heard_;
  MonotonicTime moved_;
  MonotonicTime unfinished_since_;
  HeldBytes unfinished_;
  sockets::Congestion congestion_;
  int window_bits_ = 0;  // of what we compress; 0: nothing
  ConnectionMachine machine_{State::kOpening};
  bool is_text_ = false;  // the message being handled
  bool is_ping_sent_ = false;
  bool is_write_blocked_ = false;
  bool is_full_ = false;  // the socket took nothing the last time
  bool is_held_ = false;
  bool is_paused_ = false;  // held, and goes on whatever the credit
  bool has_peer_ended_ = false;
  bool has_left_ = false;
};

}  // namespace theater::hosts::websocket_server
