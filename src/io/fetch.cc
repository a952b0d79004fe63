// fetch: a blocking socket, a request, the answer to its end.
#include "io/fetch.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <charconv>
#include <utility>

namespace theater::io {

namespace {

using Endpoint = boost::asio::ip::tcp::endpoint;

Result<Endpoint> parse(const std::string& address) {
  const std::size_t mark = address.rfind(':');
  const std::size_t behind = mark == std::string::npos ? address.size() : mark + 1;
  std::string host = address.substr(0, mark);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const char* end = address.data() + address.size();
  const auto read = std::from_chars(address.data() + behind, end, port);
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(host, error);
  if (error || read.ec != std::errc() || read.ptr != end || port == 0) {
    return fail(Code::kInvalid, "{} is not an address like 127.0.0.1:9464", address);
  }
  return Endpoint(parsed, port);
}

/// A descriptor that is closed at the end.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

void set_patience(int socket, Nanoseconds patience) {
  const auto us = std::chrono::duration_cast<Microseconds>(patience).count();
  const timeval time{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

Result<std::string> read_all(int socket, const std::string& address) {
  std::string text;
  std::array<char, 16384> buffer;
  while (text.size() <= kFetchBytesMax) {
    const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno_error("read from " + address, errno));
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return fail(Code::kTooLarge, "{} answers with more than {} bytes", address, kFetchBytesMax);
}

}  // namespace

Result<std::string> fetch(const std::string& address, const std::string& path,
                          Nanoseconds patience) {
  TRY(const Endpoint endpoint, parse(address));
  const Socket socket(::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return std::unexpected(errno_error("open a socket", errno));
  set_patience(socket.get(), patience);
  if (::connect(socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
    return std::unexpected(errno_error("connect to " + address, errno));
  }
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, address);
  const auto sent = ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (std::cmp_not_equal(sent, request.size())) {
    return std::unexpected(errno_error("write to " + address, errno));
  }
  TRY(std::string answer, read_all(socket.get(), address));
  const std::size_t head = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200 ") || head == std::string::npos) {
    return fail(Code::kInvalid, "{} does not serve {}: {}", address, path,
                answer.substr(0, answer.find('\r')));
  }
  return answer.substr(head + 4);
}

}  // namespace theater::io
