// LogSink: where guests' log lines go.
#pragma once

#include <cstdint>
#include <string_view>

namespace theater::host {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };

/// One line. `seq` is that of the event that made it real; 0 for lines of an invocation that was
/// rolled back, which carry `note`.
struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string_view actor;
  std::uint64_t seq = 0;
  std::string_view text;
  std::string_view note;  // "rolled back", "3 lines over log_rate left out"; may be empty
};

/// Bound by the node. Never blocks: a sink that cannot keep up leaves lines out and says so.
/// Callable from any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const LogLine& line) = 0;
};

}  // namespace theater::host
