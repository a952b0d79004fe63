// Thread: one named operating-system thread.
#pragma once

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

}  // namespace theater::io
