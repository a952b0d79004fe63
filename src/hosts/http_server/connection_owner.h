// ConnectionOwner: what a connection tells and asks.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "hosts/http/refusal.h"
#include "hosts/http/request.h"
#include "hosts/http_server/ending.h"
#include "hosts/http_server/states.h"
#include "hosts/listener/visitor.h"
#include "hosts/websocket/held_bytes.h"

namespace theater::hosts::http_server {

class Connection;

/// Whoever owns connections. Told from inside connections' calls: notes, queues, never destroys
/// there. A request is named by the id that admit gave it.
class ConnectionOwner {
 public:
  /// Whether the request is for this actor.
  virtual bool owns(const http::Request& request) = 0;
  /// It is not: the stream goes elsewhere, this connection is over.
  virtual void forward(listener::Visitor visitor) = 0;
  /// Lets a request in, or says why not.
  virtual std::expected<std::uint64_t, http::Refusal> admit(Connection& connection) = 0;
  /// Queues the request's event; false: no room.
  virtual bool deliver(Connection& connection, const http::Request& request, ByteSpan body) = 0;
  /// Whether the actor's queue has room for a part.
  virtual bool may_deliver(const Connection& connection) = 0;
  virtual void on_part(Connection& connection, ByteSpan part) = 0;
  virtual void on_complete(Connection& connection) = 0;
  virtual void on_congestion(Connection& connection) = 0;  // is_congested() changed
  /// is_awaited, and no more than out_low is left to be written.
  virtual void on_room(Connection& connection) = 0;
  /// An answer's head is queued.
  virtual void on_answered(std::uint16_t status) = 0;
  /// Its request was turned away, and it stays: it is held, to be resumed in another task.
  virtual void on_turned_away(Connection& connection) = 0;
  /// The connection is done with its request; says what went wrong.
  virtual void on_over(Connection& connection, std::optional<Ending> ending) = 0;
  virtual void on_moved(Connection& connection, State from, State to) = 0;
  /// The stream is done with; destroy the connection soon, not now.
  virtual void on_gone(Connection& connection) = 0;
  /// Where to read to; the shard's one buffer.
  virtual std::span<std::uint8_t> scratch() = 0;
  /// Where what connections hold for their clients counts.
  virtual const websocket::ByteCount& outgoing() const = 0;
  /// A coarse clock: the time of the last tick, and as a Date field's line.
  virtual MonotonicTime tick_time() const = 0;
  virtual std::string_view date_line() const = 0;

 protected:
  ~ConnectionOwner() = default;
};

}  // namespace theater::hosts::http_server
