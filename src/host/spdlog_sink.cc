// SpdlogSink: levels, layout, the bounded queue.
#include "host/spdlog_sink.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

namespace theater::host {

namespace {

constexpr std::size_t kQueuedLinesMax = 8192;

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::off;
}

}  // namespace

struct SpdlogSink::Parts {
  std::shared_ptr<spdlog::details::thread_pool> pool;  // shared with the logger, as spdlog wants
  std::shared_ptr<spdlog::logger> logger;
};

SpdlogSink::SpdlogSink() : parts_(std::make_unique<Parts>()) {
  parts_->pool = std::make_shared<spdlog::details::thread_pool>(kQueuedLinesMax, 1);
  parts_->logger = std::make_shared<spdlog::async_logger>(
      "actors", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), parts_->pool,
      spdlog::async_overflow_policy::overrun_oldest);
}

SpdlogSink::SpdlogSink(std::shared_ptr<spdlog::logger> logger) : parts_(std::make_unique<Parts>()) {
  parts_->logger = std::move(logger);
}

SpdlogSink::~SpdlogSink() { parts_->logger->flush(); }

void SpdlogSink::write(const LogLine& line) {
  const auto level = level_of(line.level);
  if (!parts_->logger->should_log(level)) return;
  const std::string place =
      line.seq == 0 ? std::string(line.actor) : fmt::format("{}#{}", line.actor, line.seq);
  if (line.note.empty()) {
    parts_->logger->log(level, "[{}] {}", place, line.text);
  } else {
    parts_->logger->log(level, "[{}] {} ({})", place, line.text, line.note);
  }
}

}  // namespace theater::host
