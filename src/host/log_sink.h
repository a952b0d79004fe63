// LogSink: where log lines go, guests' and the node's own.
#pragma once

#include <cstdint>
#include <string_view>

namespace theater::host {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };

/// One line, with what is known of its context. `seq` is that of the event that made it real; 0 for
/// lines of an invocation that was rolled back, which carry `note`.
struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string_view actor = {};  // "": the node itself
  std::uint64_t seq = 0;
  std::string_view text = {};
  std::string_view note = {};    // "rolled back", "cut"; may be empty
  std::string_view family = {};  // that it comes from, or is about
  std::uint64_t id = 0;          // of the connection or operation it is about; 0: none
};

/// Bound by the node. Never blocks: a sink that cannot keep up leaves lines out and says so.
/// Callable from any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const LogLine& line) = 0;
};

}  // namespace theater::host
