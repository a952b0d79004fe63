// LoopbackClient: plain system calls.
#include "io/loopback_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/check.h"

namespace theater::io {

namespace {
constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};
}

LoopbackClient::LoopbackClient(const std::string& address) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int port = std::stoi(address.substr(address.rfind(':') + 1));
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(descriptor_ >= 0, "test client");
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  CHECK(::connect(descriptor_, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0,
        "test client");
}

LoopbackClient::~LoopbackClient() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void LoopbackClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string LoopbackClient::receive(std::size_t size) {
  std::string all(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::recv(descriptor_, all.data() + have, size - have, 0);
    ended_ = got == 0 || (got < 0 && errno == ECONNRESET);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  all.resize(have);
  return all;
}

std::string LoopbackClient::receive_now() {
  std::array<char, 65536> buffer;
  const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  ended_ = got == 0 || (got < 0 && errno == ECONNRESET);
  return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
}

void LoopbackClient::shut_write() { ::shutdown(descriptor_, SHUT_WR); }

void LoopbackClient::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace theater::io
