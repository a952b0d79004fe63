// SpdlogSink: log lines on an spdlog logger.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/log_sink.h"
#include "io/queue_meter.h"

namespace spdlog {
class logger;
}

namespace theater::host {

/// kText: time, level, "[actor#seq] text (note)", for people. kJson: one JSON object a line, see
/// docs/logs.md.
enum class LogFormat : std::uint8_t { kText, kJson };

/// The logger decides where lines go; the default writes to standard error from spdlog's own
/// thread, through a bounded queue that overwrites its oldest lines, so that a slow terminal stalls
/// nobody; how many it has overwritten is said by the next line.
class SpdlogSink final : public LogSink {
 public:
  explicit SpdlogSink(LogFormat format);
  /// spdlog shares its loggers; this sets how this one lays its lines out.
  SpdlogSink(LogFormat format, std::shared_ptr<spdlog::logger> logger);
  ~SpdlogSink() override;
  void write(const LogLine& line) override;
  /// Lines that wait to be written; refused are those that were overwritten. Their age is not
  /// known.
  io::QueueFigures queue() const;

 private:
  struct Parts;
  void write_line(const LogLine& line);
  static std::string text_of(const LogLine& line);
  static std::string json_of(const LogLine& line);

  const LogFormat format_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace theater::host
