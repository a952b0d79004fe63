// Thread: one named operating-system thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace theater::io {

/// Runs a function on its own thread. Must be joined before it is destroyed. The function ends by
/// itself: whoever starts a thread knows how to ask it to.
class Thread {
 public:
  /// `name` shows in tools; at most 15 bytes count.
  Thread(const std::string& name, std::move_only_function<void()> function);
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  void join();

 private:
  std::thread thread_;
};

/// From now on the calling thread runs in short turns, each soon after it has something to do. For
/// work that comes in small pieces and that others wait for: on a busy machine it would otherwise
/// begin when somebody else's turn is over, milliseconds later. False: this system does not know it
/// (Linux does from 6.12 on), and nothing has changed.
bool go_in_short_turns();

/// Whom a thread lets go first.
enum class Behind : std::uint8_t {
  kAll,   // it may get nothing for long: for work that nobody waits for
  kMost,  // it keeps a tenth of what each of them has, and so comes to its end
};

/// The calling thread lets others of the machine go first from now on.
void go_behind_others(Behind how = Behind::kAll);

}  // namespace theater::io
