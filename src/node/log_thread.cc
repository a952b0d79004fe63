// The log's thread.
#include "node/log_thread.h"

#include "base/check.h"

namespace theater::node {

LogThread::LogThread(chain::LogWriter& log, std::function<void()> on_failure)
    : log_(log), on_failure_(std::move(on_failure)) {}

LogThread::~LogThread() { CHECK(!thread_, "a log thread is stopped before it goes"); }

void LogThread::start() {
  thread_.emplace("log", [this] {
    io::go_in_short_turns();
    log_.run();
    if (log_.failed()) on_failure_();
  });
}

Status LogThread::stop() {
  if (thread_) {
    log_.request_stop();
    thread_->join();
    thread_.reset();
  }
  return log_.stop();
}

}  // namespace theater::node
