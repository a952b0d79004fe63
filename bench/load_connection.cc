// A client on a plain socket: cheaper than any library, so that the server is what is measured.
#include "load_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

namespace theater::bench {
namespace {

constexpr std::uint8_t kTextFinal = 0x81, kBinaryFinal = 0x82;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kMask[4] = {0x12, 0x34, 0x56, 0x78};
constexpr std::size_t kShortMax = 125, kMediumMax = 65535;
constexpr std::size_t kResponseBytesMax = 4096;

void append_head(Bytes& frame, std::uint8_t kind, std::size_t bytes, std::uint8_t mask_bit) {
  frame.push_back(kind);
  const int length_bytes = bytes <= kShortMax ? 0 : bytes <= kMediumMax ? 2 : 8;
  const std::size_t code = length_bytes == 0 ? bytes : length_bytes == 2 ? 126 : 127;
  frame.push_back(static_cast<std::uint8_t>(mask_bit | code));
  for (int shift = 8 * (length_bytes - 1); shift >= 0; shift -= 8) {
    frame.push_back(static_cast<std::uint8_t>(bytes >> shift));
  }
}

void append_masked(Bytes& frame, std::uint8_t kind, ByteSpan payload) {
  append_head(frame, kind, payload.size(), kMasked);
  append(frame, kMask);
  for (std::size_t index = 0; index < payload.size(); ++index) {
    frame.push_back(payload[index] ^ kMask[index % 4]);
  }
}

Error last_error(std::string_view what) { return errno_error(what, errno); }

}  // namespace

Message make_message(std::size_t bytes) {
  Message message;
  append_head(message.expected, kBinaryFinal, bytes, 0);
  const std::size_t head_bytes = message.expected.size();
  for (std::size_t index = 0; index < bytes; ++index) {
    message.expected.push_back(static_cast<std::uint8_t>('a' + index % 26));
  }
  message.same_bytes = message.expected.size();
  append_masked(message.sent, kBinaryFinal, ByteSpan(message.expected).subspan(head_bytes));
  return message;
}

Message make_question(std::string_view text, std::string held) {
  Message message;
  append_masked(message.sent, kTextFinal, as_bytes(text));
  message.held = std::move(held);
  return message;
}

LoadConnection::LoadConnection(int descriptor, const Message& message)
    : descriptor_(descriptor),
      message_(&message),
      input_(message.held.empty() ? message.expected.size() : kResponseBytesMax) {}

LoadConnection::LoadConnection(LoadConnection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      message_(other.message_),
      input_(std::move(other.input_)),
      received_(other.received_),
      due_(other.due_) {}

LoadConnection::~LoadConnection() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Message> learn_request(const Target& target) {
  Message message;
  append(message.sent, as_bytes(fmt::format("GET {} HTTP/1.1\r\nHost: {}:{}\r\n\r\n", target.path,
                                            target.address, target.port)));
  LoadConnection connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), message);
  TRY_OK(connection.connect(target));
  TRY_OK(connection.send(Clock::now()));
  message.expected.resize(kResponseBytesMax);
  const auto got = ::recv(connection.descriptor_, message.expected.data(), kResponseBytesMax, 0);
  if (got <= 0) return std::unexpected(last_error("receive"));
  message.expected.resize(static_cast<std::size_t>(got));
  message.same_bytes = std::string_view("HTTP/1.1 200").size();
  if (!as_text(message.expected).starts_with("HTTP/1.1 200")) {
    return fail(Code::kInvalid, "the answer is not 200");
  }
  return message;
}

Result<LoadConnection> LoadConnection::open(const Target& target, const Message& message) {
  LoadConnection connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), message);
  TRY_OK(connection.connect(target));
  if (target.protocol == Protocol::kWebSocket) TRY_OK(connection.upgrade(target));
  ::fcntl(connection.descriptor_, F_SETFL, O_NONBLOCK);
  return connection;
}

Status LoadConnection::connect(const Target& target) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  ::inet_pton(AF_INET, target.address.c_str(), &address.sin_addr);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address)) {
    return std::unexpected(last_error("connect"));
  }
  return {};
}

Status LoadConnection::upgrade(const Target& target) {
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      target.path, target.address, target.port);
  if (::send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    return std::unexpected(last_error("send"));
  }
  std::string response;
  while (!response.ends_with("\r\n\r\n")) {
    char letter = 0;
    if (::recv(descriptor_, &letter, 1, 0) != 1) return std::unexpected(last_error("upgrade"));
    response += letter;
    if (response.size() > kResponseBytesMax) return fail(Code::kTooLarge, "the response is long");
  }
  if (!response.starts_with("HTTP/1.1 101")) {
    return fail(Code::kInvalid, "not upgraded: {}", response.substr(0, response.find('\r')));
  }
  return {};
}

Status LoadConnection::send(Clock::time_point due) {
  due_ = due;
  received_ = 0;
  const Bytes& frame = message_->sent;
  const auto sent = ::send(descriptor_, frame.data(), frame.size(), MSG_NOSIGNAL);
  if (sent < 0) return std::unexpected(last_error("send"));
  if (static_cast<std::size_t>(sent) != frame.size()) {
    return fail(Code::kFull, "the socket takes no whole message; use smaller ones");
  }
  return {};
}

Result<bool> LoadConnection::receive() {
  const auto got =
      ::recv(descriptor_, input_.data() + received_, input_.size() - received_, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got < 0) return std::unexpected(last_error("receive"));
  if (got == 0) return fail(Code::kClosed, "the server closed the connection");
  received_ += static_cast<std::size_t>(got);
  return message_->held.empty() ? check_answer() : check_held();
}

Result<bool> LoadConnection::check_answer() const {
  if (received_ < input_.size()) return false;
  if (!std::ranges::equal(std::span(input_).first(message_->same_bytes),
                          std::span(message_->expected).first(message_->same_bytes))) {
    return fail(Code::kCorrupt, "the answer differs");
  }
  return true;
}

/// One frame, and nothing behind it: one message is under way.
Result<bool> LoadConnection::check_held() const {
  if (received_ < 2) return false;
  const std::size_t code = input_[1];
  if (code > 126) return fail(Code::kTooLarge, "the answer is long");
  const std::size_t head = code <= kShortMax ? 2 : 4;
  if (received_ < head) return false;
  const std::size_t bytes = code <= kShortMax ? code : std::size_t{input_[2]} << 8 | input_[3];
  if (head + bytes > input_.size()) return fail(Code::kTooLarge, "the answer is long");
  if (received_ < head + bytes) return false;
  const std::string_view answer = as_text(std::span(input_).subspan(head, bytes));
  if (answer.contains(message_->held)) return true;
  return fail(Code::kCorrupt, "the answer is {}", answer);
}

}  // namespace theater::bench
