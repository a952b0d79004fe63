// Stream, Listener and Network: the ports to stream sockets, told by readiness.
//
// Reading and writing never wait: they do what can be done now, and the user asks to be called
// when more can be done. So a family owns its buffers (an idle connection needs none), sees back
// pressure directly, and can be tested on memory streams that fail where a test wants them to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "io/endpoint.h"

namespace theater::io {

class Network;

/// What one write() takes at most: to this machine, the receiver's part of the work is done in it.
inline constexpr std::size_t kWriteBytesMax = 256 * 1024;

/// Whoever owns a Stream. Called on the shard of the network the stream is attached to, never
/// inside a call of the owner. The owner may destroy the stream in either call.
class StreamUser {
 public:
  /// Something can be read, or reading fails at once. Answers one want_read().
  virtual void on_readable() = 0;
  /// Something can be written, or writing fails at once. Answers one want_write().
  virtual void on_writable() = 0;

 protected:
  ~StreamUser() = default;
};

/// One connection, or one layer (TLS) over another. Starts detached: no thread watches it, and it
/// may be moved to the thread of any shard; attach() ties it to that shard. Destruction closes it.
class Stream {
 public:
  virtual ~Stream() = default;

  /// Lets `network` watch it for `user`. Both outlive the stream or its detach().
  virtual Status attach(Network& network, StreamUser& user) = 0;
  /// Back to detached: no further call of the user; bytes not yet read stay in the stream.
  virtual void detach() = 0;
  /// detach() of a stream that is only destroyed then, soon, by whichever thread: costs no system
  /// call.
  virtual void abandon() { detach(); }

  /// Fills the front of `buffer` with what is there. Nothing there: nullopt. End of what the peer
  /// sends: 0. kClosed: the connection broke.
  virtual Result<std::optional<std::size_t>> read(std::span<std::uint8_t> buffer) = 0;
  /// Writes the pieces one after another; returns the bytes taken, fewer than all when the
  /// stream is full, or has taken enough for one call. kClosed: the connection broke.
  virtual Result<std::size_t> write(std::span<const ByteSpan> pieces) = 0;
  /// One call of on_readable() when read() can do something. Asking twice is asking once.
  virtual void want_read() = 0;
  /// One call of on_writable() when write() can do something. Asking twice is asking once.
  virtual void want_write() = 0;
  /// Tells the peer that nothing more will be written. Errors are seen by the next read.
  virtual void shut_write() = 0;
  /// The peer's address as text: "127.0.0.1:4711".
  virtual std::string peer() const = 0;
};

/// Whoever owns a Listener; called on the listener's shard.
class ListenerUser {
 public:
  /// A connection waits, or accepting fails at once. Answers one want_accept().
  virtual void on_acceptable() = 0;

 protected:
  ~ListenerUser() = default;
};

/// A bound, listening address. Destruction closes it; waiting connections are reset.
class Listener {
 public:
  virtual ~Listener() = default;
  /// The next connection, detached; nullopt if none waits. kFull: no descriptor or memory left,
  /// the connection still waits: try later. Other errors concern that connection alone.
  virtual Result<std::optional<std::unique_ptr<Stream>>> accept() = 0;
  virtual void want_accept() = 0;
  /// The bound address, with the real port where 0 was asked for.
  virtual std::string address() const = 0;
};

/// Whether `address` is one that Network::listen takes; the error says what it should look like.
Status check_address(const std::string& address);

/// A shard's access to sockets. Shard thread only, address() parsing aside.
class Network {
 public:
  virtual ~Network() = default;
  /// Listens on "ADDRESS:PORT" ("127.0.0.1:8080", "[::1]:8080", "localhost:8080" is refused: no
  /// names). kConflict: the address is in use; kInvalid: it is not an address.
  virtual Result<std::unique_ptr<Listener>> listen(const std::string& address,
                                                   ListenerUser& user) = 0;
  /// Begins a connection to `endpoint`. Attached, the stream answers want_write() once it is
  /// connected or cannot be; a write of nothing then tells which. Until then it reads nothing and
  /// takes nothing. kClosed: nobody answers there; kFull: no descriptor left.
  virtual Result<std::unique_ptr<Stream>> connect(const Endpoint& endpoint) = 0;
};

}  // namespace theater::io
