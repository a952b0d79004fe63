// LoadConnection: one client of the load generator: sends a message, or an HTTP request, and waits
// for the answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::bench {

using Clock = std::chrono::steady_clock;

enum class Protocol : std::uint8_t { kWebSocket, kHttp };

struct Target {
  std::string address;  // IPv4
  std::uint16_t port = 0;
  std::string path;
  Protocol protocol = Protocol::kWebSocket;
};

/// A message as a masked frame, and what its answer must be: this frame, or one that holds a text.
struct Message {
  Bytes sent;
  Bytes expected;
  std::size_t same_bytes = 0;  // of the answer that must be as expected, from its begin
  std::string held;            // not empty: any frame with this in it, and nothing is expected
};
/// A binary message of `bytes` fixed bytes.
Message make_message(std::size_t bytes);
/// A text, answered by any text that holds `held`.
Message make_question(std::string_view text, std::string held);

/// A GET of the target; asks for it once to learn how long the answer is.
Result<Message> learn_request(const Target& target);

/// One message is under way at a time. Not for threads. Owns its socket.
class LoadConnection {
 public:
  /// Connects and, if the target speaks WebSocket, upgrades, waiting for both.
  static Result<LoadConnection> open(const Target& target, const Message& message);
  LoadConnection(LoadConnection&& other) noexcept;
  LoadConnection& operator=(LoadConnection&&) = delete;
  ~LoadConnection();

  int descriptor() const { return descriptor_; }
  /// Sends the message, which was due at `due`. A socket that cannot take one message at once is an
  /// error here.
  Status send(Clock::time_point due);
  /// Reads what has come. True when the echo is whole and as it must be.
  Result<bool> receive();
  Clock::time_point due() const { return due_; }

 private:
  friend Result<Message> learn_request(const Target& target);
  LoadConnection(int descriptor, const Message& message);
  Status connect(const Target& target);
  Status upgrade(const Target& target);
  Result<bool> check_answer() const;
  Result<bool> check_held() const;

  int descriptor_;
  const Message* message_;
  Bytes input_;
  std::size_t received_ = 0;
  Clock::time_point due_;
};

}  // namespace theater::bench
