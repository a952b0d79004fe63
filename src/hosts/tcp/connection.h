// Connection: one TCP connection, opened by the actor or accepted for it; the I/O edge around the
// table in machine.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hosts/outbound/dialer.h"
#include "hosts/sockets/flow.h"
#include "hosts/tcp/doors.h"
#include "hosts/tcp/grant.h"
#include "hosts/tcp/machine.h"
#include "hosts/tcp/payload.h"
#include "hosts/websocket/outbox.h"

namespace theater::hosts::tcp {

class Connection;

/// Whoever owns connections. Told from inside connections' calls: notes, queues, never destroys
/// there.
class ConnectionOwner {
 public:
  /// May be read and written; `peer` is its address.
  virtual void on_opened(Connection& connection, const std::string& peer) = 0;
  /// Whether the actor's queue and the connection's credit have room.
  virtual bool may_deliver(const Connection& connection) = 0;
  virtual void on_data(Connection& connection, ByteSpan bytes) = 0;
  virtual void on_paused(Connection& connection) = 0;
  virtual void on_end_of_data(Connection& connection) = 0;
  virtual void on_secured(Connection& connection) = 0;
  /// Its socket may be taken with release(), soon.
  virtual void on_moving(Connection& connection) = 0;
  virtual void on_congestion(Connection& connection) = 0;  // is_congested() changed
  /// is_awaited, and no more than out_low is left to be written.
  virtual void on_room(Connection& connection) = 0;
  virtual void on_closed(Connection& connection, const std::optional<host::GuestError>& why) = 0;
  /// The connection is done with; destroy it soon, not now.
  virtual void on_gone(Connection& connection) = 0;
  /// Where to read to; the shard's one buffer.
  virtual std::span<std::uint8_t> scratch() = 0;
  /// A coarse clock: the time of the last tick.
  virtual MonotonicTime tick_time() const = 0;

 protected:
  ~ConnectionOwner() = default;
};

/// What a connection may use.
struct ConnectionSetup {
  std::uint64_t id;
  End end;
  const Grant& grant;
  const io::TlsContext* tls;  // of its end: the client's or the server's; nullptr: there is none
  const host::Services& services;
  ConnectionOwner& owner;
};

/// Owned by its actor's instance, on the actor's shard. Idle, it holds no buffer. It ends by
/// reaching State::kClosed; destroying it earlier resets the peer and reports nothing.
class Connection final : private io::StreamUser, private outbound::DialUser {
 public:
  explicit Connection(const ConnectionSetup& setup);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// One that the actor opens.
  void dial(std::string host, std::uint16_t port);
  /// One that was accepted. Fails if it cannot be watched: then it never was.
  Status adopt(std::unique_ptr<io::Stream> stream);
  /// One that was another actor's; its socket stays in the parcel if this fails as above.
  Status take_over(Parcel& parcel);

  // What the guest's effects do; without effect in a state that does not want them.
  void send(ByteSpan data);
  /// So many pieces of data are wanted; kEndless: all. What was wanted before is not added.
  enum class AtEnd : std::uint8_t { kTell, kSilent };
  void want(std::uint32_t pieces, AtEnd at_end);
  /// `host`: whose certificate is expected; nothing: the host that was dialled.
  void start_tls(const std::optional<std::string>& host);
  void shut_write();
  void close(std::optional<host::GuestError> why);
  /// Hands it over once all is written: on_moving. False: it is not in a state for that.
  bool move();
  /// What may be handed over; until moved() or come_back() there is no socket here.
  Parcel release();
  void moved() { apply(Input::kMoved); }
  void come_back(std::unique_ptr<io::Stream> stream);

  /// Writes what the socket takes. Once for all that was queued before.
  void flush();
  /// Data may be delivered again.
  void resume();
  /// Gives up the socket, if there is one; then it is to be destroyed.
  std::unique_ptr<io::Stream> give_up();
  /// Looks at the deadlines; about once a second.
  void sweep(MonotonicTime now);

  std::uint64_t id() const { return setup_.id; }
  State state() const { return machine_.state(); }
  End end() const { return setup_.end; }
  /// TLS is ordered, under way, or on.
  bool is_secure() const { return tls_ != Tls::kNone; }
  bool is_tls_awaited() const { return tls_ == Tls::kOrdered || state() == State::kSecuring; }
  bool was_opened() const { return is_open_told_; }
  bool is_congested() const { return congestion_.is_on; }
  bool is_held() const { return is_held_; }
  std::string peer() const { return stream_->peer(); }
  std::size_t outgoing_bytes() const { return outbox_.bytes(); }
  std::size_t held_bytes() const { return outbox_.bytes(); }

  static constexpr std::uint32_t kEndless = UINT32_MAX;

  /// The owner's marks: events in the actor's queue, and a place in its list of the unflushed.
  std::uint32_t queued_items = 0;
  std::size_t queued_bytes = 0;
  bool is_awaited = false;  // the guest waits for room: on_room() is called
  bool is_dirty = false;

 private:
  enum class Tls : std::uint8_t { kNone, kOrdered, kOn };

  void on_readable() override;
  void on_writable() override;
  void on_dialled(std::unique_ptr<io::Stream> stream) override;
  void on_dial_failed(const host::GuestError& why) override;

  void apply(Input input);
  void act(Action action);
  bool reads() const;
  bool discards() const { return state() == State::kLeaving || state() == State::kLingering; }
  void want_more();
  void deliver(ByteSpan piece);
  void begin_tls();
  void write_soon();
  void secured();
  void broke(const Error& error);
  void lose(host::GuestError why);
  void update_congestion();

  const ConnectionSetup setup_;
  const Limits& limits_;
  ConnectionMachine machine_;
  std::string host_;  // that was dialled: whose certificate is expected
  std::unique_ptr<outbound::Dialer> dialer_;
  std::unique_ptr<io::Stream> stream_;
  websocket::Outbox outbox_;
  ByteSpan piece_;  // being delivered
  std::optional<host::GuestError> closing_;
  std::uint32_t wanted_ = 0;
  AtEnd at_end_ = AtEnd::kSilent;
  MonotonicTime deadline_;
  MonotonicTime active_;  // the last byte, either way
  sockets::Congestion congestion_;
  bool is_open_told_ = false;
  Tls tls_ = Tls::kNone;
  bool is_move_ordered_ = false;
  bool is_write_blocked_ = false;
  bool is_held_ = false;
  bool has_peer_ended_ = false;
};

}  // namespace theater::hosts::tcp
