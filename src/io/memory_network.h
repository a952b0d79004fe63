// MemoryNetwork: sockets without a network, for tests and simulation: every byte, every readiness
// and every failure is the test's.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/executor.h"
#include "io/network.h"

namespace theater::io {

namespace memory_detail {
struct Pipe;
struct Port;
}  // namespace memory_detail

/// The test's end of a connection: the client's, or the server's of one that was dialled. A
/// value; copies are the same end.
class MemoryClient {
 public:
  void send(std::string_view bytes);
  /// Takes everything that has been written to it.
  std::string take();
  /// Bytes written to it and not yet taken.
  std::size_t waiting() const;
  /// Sends nothing more.
  void end();
  /// Breaks the connection: the other side's calls fail.
  void reset();
  /// How much may wait untaken before the other side's writes are cut short.
  void set_capacity(std::size_t bytes);
  /// The other side has shut its direction, or is gone.
  bool is_ended() const;
  bool is_gone() const;
  /// Of a dialled connection the address that was dialled.
  const std::string& peer() const;

 private:
  friend class MemoryNetwork;
  std::shared_ptr<memory_detail::Pipe> pipe_;  // shared by both ends
};

/// Listeners are known by their address as text; ports of 0 stay 0. One thread. Readiness arrives
/// as tasks of the executor.
class MemoryNetwork final : public Network {
 public:
  explicit MemoryNetwork(Executor& executor) : executor_(executor) {}
  Result<std::unique_ptr<Listener>> listen(const std::string& address, ListenerUser& user) override;
  /// Connects to a listening address; CHECKs that there is one.
  /// `from`: what the server takes for the client's address; "": one of its own.
  MemoryClient connect(const std::string& address, const std::string& from = "");
  Result<std::unique_ptr<Stream>> connect(const Endpoint& endpoint) override;
  /// What becomes of connections dialled from now on; a hanging one never connects.
  enum class Dial : std::uint8_t { kAnswer, kRefuse, kHang };
  void set_dial(Dial dial) { dial_ = dial; }
  /// The test's end of the oldest dialled connection not taken yet.
  std::optional<MemoryClient> take_dialled();
  bool is_listening(const std::string& address) const { return ports_.contains(address); }

  /// The n-th call from now of attach, read, write, accept or connect to an endpoint fails
  /// (kClosed); 0: none does.
  void fail_nth(std::uint64_t n) { fail_in_ = n; }
  std::uint64_t calls() const { return calls_; }
  /// accept() says kFull until it is told otherwise.
  enum class Descriptors : std::uint8_t { kFree, kExhausted };
  void set_descriptors(Descriptors descriptors) { descriptors_ = descriptors; }

  // For its streams and listeners.
  bool fails_now();
  Descriptors descriptors() const { return descriptors_; }
  Executor& executor() { return executor_; }
  void forget(const std::string& address) { ports_.erase(address); }

 private:
  Executor& executor_;
  std::map<std::string, std::shared_ptr<memory_detail::Port>> ports_;  // shared with the listener
  std::uint64_t fail_in_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t clients_ = 0;
  std::deque<MemoryClient> dialled_;
  Dial dial_ = Dial::kAnswer;
  Descriptors descriptors_ = Descriptors::kFree;
};

}  // namespace theater::io
