// SpdlogSink: guests' log lines on an spdlog logger.
#pragma once

#include <memory>

#include "host/log_sink.h"

namespace spdlog {
class logger;
}

namespace theater::host {

/// Formats lines as "[actor#seq] text (note)". The logger decides where they go; the default
/// writes to standard error from spdlog's own thread, through a bounded queue that overwrites its
/// oldest lines, so that a slow terminal stalls nobody.
class SpdlogSink final : public LogSink {
 public:
  SpdlogSink();
  explicit SpdlogSink(std::shared_ptr<spdlog::logger> logger);  // spdlog shares its loggers
  ~SpdlogSink() override;
  void write(const LogLine& line) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace theater::host
