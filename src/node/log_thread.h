// LogThread: the one thread on which a node's log is written.
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "chain/log_writer.h"
#include "io/thread.h"

namespace theater::node {

/// Runs a LogWriter from start() to stop(). If the log fails in between, the thread ends and
/// `on_failure` is called once, on that thread. `log` outlives it. Owned by the node.
class LogThread {
 public:
  LogThread(chain::LogWriter& log, std::function<void()> on_failure);
  /// CHECKs that it was stopped.
  ~LogThread();
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

  void start();
  /// Ends the thread, then writes what was submitted, the closing seal and the watermark.
  Status stop();

 private:
  chain::LogWriter& log_;
  std::function<void()> on_failure_;
  std::optional<io::Thread> thread_;
};

}  // namespace theater::node
