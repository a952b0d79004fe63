// AsioNetwork: non-blocking system calls; Asio only says when they are worth calling.
#include "io/asio_network.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <charconv>
#include <utility>

#include "base/check.h"

namespace theater::io {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

namespace {

constexpr int kBacklog = 1024;          // connections the kernel keeps for accept()
constexpr std::size_t kPiecesMax = 64;  // pieces given to one sendmsg

bool would_block(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK || error_number == EINTR;
}

Error closed_error(std::string_view what, int error_number) {
  Error error = errno_error(what, error_number);
  error.code = Code::kClosed;
  return error;
}

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

/// The endpoint of a socket as `get` (getpeername, getsockname) tells it; "unknown" on failure.
template <typename Get>
std::string endpoint_text(int descriptor, Get get) {
  asio::ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (get(descriptor, endpoint.data(), &size) != 0) return "unknown";
  endpoint.resize(size);
  return text_of(endpoint);
}

/// A listener's descriptor as Asio watches it, and the rule that an outstanding wait never reaches
/// a user that is gone: it holds the Watch (shared, because Asio completes cancelled waits after
/// the owner has gone) and looks at `user`, which the owner empties.
struct Watch {
  Descriptor descriptor;
  ListenerUser* user = nullptr;
  bool is_waiting = false;
};

bool is_exhausted(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

void send_at_once(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Error connect_error(const std::string& peer, int error_number) {
  Error error = errno_error("connect to " + peer, error_number);
  error.code = is_exhausted(error_number) ? Code::kFull : Code::kClosed;
  return error;
}

class AsioStream final : public Stream, private Polled {
 public:
  /// An accepted connection.
  explicit AsioStream(int descriptor)
      : descriptor_(descriptor), peer_(endpoint_text(descriptor, ::getpeername)) {}
  /// One that is being made.
  AsioStream(int descriptor, std::string peer)
      : descriptor_(descriptor), peer_(std::move(peer)), is_connecting_(true) {}
  ~AsioStream() override {
    detach();
    ::close(descriptor_);
  }

  Status attach(Network& network, StreamUser& user) override {
    CHECK(sockets_ == nullptr, "a stream has one user");
    PollSet& sockets = static_cast<AsioNetwork&>(network).sockets();
    TRY_OK(sockets.add(descriptor_, *this));
    sockets_ = &sockets;
    user_ = &user;
    return {};
  }

  void detach() override {
    if (sockets_ != nullptr) sockets_->remove(descriptor_, *this);
    sockets_ = nullptr;
  }

  void abandon() override {
    if (sockets_ != nullptr) sockets_->abandon(*this);
    sockets_ = nullptr;
  }

  Result<std::optional<std::size_t>> read(std::span<std::uint8_t> buffer) override {
    if (is_connecting_) return std::nullopt;
    if (failure_) return std::unexpected(*failure_);
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got >= 0) {
      const auto bytes = static_cast<std::size_t>(got);
      if (bytes < buffer.size()) found_empty();
      return bytes;
    }
    if (!would_block(errno)) return std::unexpected(closed_error("read", errno));
    if (errno != EINTR) found_empty();
    return std::nullopt;
  }

  Result<std::size_t> write(std::span<const ByteSpan> pieces) override {
    if (is_connecting_) return std::size_t{0};
    if (failure_) return std::unexpected(*failure_);
    std::size_t total = 0;
    while (!pieces.empty() && total < kWriteBytesMax) {
      const std::size_t count = std::min(pieces.size(), kPiecesMax);
      Offer offer{.bytes_max = kWriteBytesMax - total};
      auto taken = write_some(pieces.first(count), offer);
      if (!taken) return taken;
      total += *taken;
      if (*taken < offer.bytes) break;
      pieces = pieces.subspan(count);
    }
    return total;
  }

  void want_read() override {
    wants_read_ = is_connecting_;
    if (is_connecting_) return sockets_->want_write(*this);
    sockets_->want_read(*this);
  }
  void want_write() override {
    wants_write_ = is_connecting_;
    sockets_->want_write(*this);
  }
  void shut_write() override { ::shutdown(descriptor_, SHUT_WR); }
  std::string peer() const override { return peer_; }

 private:
  struct Offer {
    std::size_t bytes_max = 0;
    std::size_t bytes = 0;  // of the pieces, as far as that goes
  };
  Result<std::size_t> write_some(std::span<const ByteSpan> pieces, Offer& offer) {
    std::array<iovec, kPiecesMax> vectors;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const std::size_t size = std::min(pieces[i].size(), offer.bytes_max - offer.bytes);
      vectors[i] = {const_cast<std::uint8_t*>(pieces[i].data()), size};
      offer.bytes += size;
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = pieces.size();
    const ssize_t sent = ::sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (!would_block(errno)) return std::unexpected(closed_error("write", errno));
    if (errno != EINTR) found_full();
    return std::size_t{0};
  }
  void on_poll_read() override { user_->on_readable(); }
  void on_poll_write() override {
    if (!std::exchange(is_connecting_, false)) return user_->on_writable();
    int error_number = 0;
    socklen_t size = sizeof error_number;
    ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error_number, &size);
    if (error_number != 0) failure_ = connect_error(peer_, error_number);
    if (std::exchange(wants_read_, false)) sockets_->want_read(*this);
    if (std::exchange(wants_write_, false)) user_->on_writable();
  }

  int descriptor_;
  std::string peer_;
  bool is_connecting_ = false;
  bool wants_read_ = false, wants_write_ = false;  // while it connects
  std::optional<Error> failure_;                   // of connecting
  PollSet* sockets_ = nullptr;                     // while attached
  StreamUser* user_ = nullptr;
};

class AsioListener final : public Listener {
 public:
  AsioListener(asio::io_context& context, int descriptor, ListenerUser& user)
      : watch_(std::make_shared<Watch>(Descriptor(context, descriptor), &user)) {}
  ~AsioListener() override {
    watch_->user = nullptr;
    boost::system::error_code ignored;  // closing a listener loses nothing
    watch_->descriptor.close(ignored);
  }

  Result<std::optional<std::unique_ptr<Stream>>> accept() override {
    const int got = ::accept4(watch_->descriptor.native_handle(), nullptr, nullptr,
                              SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (got < 0) return accept_error(errno);
    send_at_once(got);
    return std::make_unique<AsioStream>(got);
  }

  void want_accept() override {
    if (std::exchange(watch_->is_waiting, true)) return;
    watch_->descriptor.async_wait(Descriptor::wait_read,
                                  [watch = watch_](const boost::system::error_code&) {
                                    watch->is_waiting = false;
                                    if (watch->user != nullptr) watch->user->on_acceptable();
                                  });
  }
  std::string address() const override {
    return endpoint_text(watch_->descriptor.native_handle(), ::getsockname);
  }

 private:
  static Result<std::optional<std::unique_ptr<Stream>>> accept_error(int error_number) {
    if (would_block(error_number)) return std::nullopt;
    Error error = errno_error("accept", error_number);
    if (is_exhausted(error_number)) error.code = Code::kFull;
    return std::unexpected(std::move(error));
  }

  std::shared_ptr<Watch> watch_;
};

Result<asio::ip::tcp::endpoint> parse_endpoint(const std::string& address) {
  const auto colon = address.rfind(':');
  unsigned port = 0;
  boost::system::error_code error;
  if (colon != std::string::npos && colon + 1 < address.size()) {
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    const auto parsed = asio::ip::make_address(host, error);
    const char* end = address.data() + address.size();
    const auto [stop, bad] = std::from_chars(address.data() + colon + 1, end, port);
    if (!error && bad == std::errc{} && stop == end && port <= 65535) {
      return asio::ip::tcp::endpoint(parsed, static_cast<unsigned short>(port));
    }
  }
  return fail(Code::kInvalid, "\"{}\" is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080",
              address);
}

std::string_view listen_remedy(int error_number) {
  switch (error_number) {
    case EADDRINUSE:
      return "; another program listens there: end it, or take another port";
    case EADDRNOTAVAIL:
      return "; no interface of this machine has that address";
    case EACCES:
      return "; this user may not take that port";
    default:
      return "";
  }
}

Status bind_and_listen(int descriptor, const asio::ip::tcp::endpoint& endpoint,
                       const std::string& address) {
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const std::string what = fmt::format("listen on {}", address);
  if (::bind(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
      ::listen(descriptor, kBacklog) != 0) {
    const int why = errno;
    Error error = errno_error(what, why);
    error.message += listen_remedy(why);
    if (why == EADDRINUSE) error.code = Code::kConflict;
    return std::unexpected(std::move(error));
  }
  return {};
}

}  // namespace

Status check_address(const std::string& address) {
  TRY_OK(parse_endpoint(address));
  return {};
}

Result<std::unique_ptr<Listener>> AsioNetwork::listen(const std::string& address,
                                                      ListenerUser& user) {
  TRY(const auto endpoint, parse_endpoint(address));
  const int descriptor =
      ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::unexpected(errno_error("open a socket", errno));
  if (auto bound = bind_and_listen(descriptor, endpoint, address); !bound) {
    ::close(descriptor);
    return std::unexpected(std::move(bound.error()));
  }
  return std::make_unique<AsioListener>(executor_.context(), descriptor, user);
}

Result<std::unique_ptr<Stream>> AsioNetwork::connect(const Endpoint& endpoint) {
  const std::string peer = endpoint.text();
  TRY(const auto target, parse_endpoint(peer));
  const int descriptor =
      ::socket(target.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::unexpected(connect_error(peer, errno));
  auto stream = std::make_unique<AsioStream>(descriptor, peer);
  send_at_once(descriptor);
  const auto size = static_cast<socklen_t>(target.size());
  if (::connect(descriptor, target.data(), size) != 0 && errno != EINPROGRESS) {
    return std::unexpected(connect_error(peer, errno));
  }
  return stream;
}

}  // namespace theater::io
