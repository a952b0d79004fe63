// The log's thread.
#include "node/log_thread.h"

#include "base/check.h"

namespace theater::node {

LogThread::LogThread(chain::LogWriter& log, std::function<void()> on_failure)
    : log_(log), on_failure_(std::move(on_failure)) {}

LogThread::~LogThread() { CHECK(!thread_.joinable(), "a log thread is stopped before it goes"); }

void LogThread::start() {
  thread_ = std::thread([this] {
    log_.run();
    if (log_.failed()) on_failure_();
  });
}

Status LogThread::stop() {
  if (thread_.joinable()) {
    log_.request_stop();
    thread_.join();
  }
  return log_.stop();
}

}  // namespace theater::node
