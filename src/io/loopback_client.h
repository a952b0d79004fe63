// LoopbackClient: a blocking TCP client for tests that talk to a real socket of this process.
#pragma once

#include <string>
#include <string_view>

namespace theater::io {

/// One connection to a loopback address. Calls block at most kPatience; tests only.
class LoopbackClient {
 public:
  /// Connects to "127.0.0.1:PORT"; aborts if it cannot (the test is broken then).
  explicit LoopbackClient(const std::string& address);
  ~LoopbackClient();
  LoopbackClient(const LoopbackClient&) = delete;
  LoopbackClient& operator=(const LoopbackClient&) = delete;

  void send(std::string_view bytes);
  /// Bytes received until there are `size` of them, the peer ends, or patience runs out.
  std::string receive(std::size_t size);
  /// What is there now, without waiting.
  std::string receive_now();
  /// True once the peer has ended its direction (seen by receive or receive_now).
  bool ended() const { return ended_; }
  void shut_write();
  /// Closes with a reset, as a crashed peer does.
  void reset();

 private:
  int descriptor_ = -1;
  bool ended_ = false;
};

}  // namespace theater::io
