// SpdlogSink: levels, layouts, the bounded queue.
#include "host/spdlog_sink.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <algorithm>
#include <atomic>

#include "host/json_text.h"
#include "host/shown_text.h"

namespace theater::host {

namespace {

constexpr std::size_t kQueuedLinesMax = 8192;
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ",%v})";

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

std::string_view level_name(LogLevel level) {
  constexpr std::string_view kNames[] = {"trace", "debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

void append_field(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out += fmt::format(",\"{}\":", key);
  append_json(out, value);
}

void append_field(std::string& out, std::string_view key, std::uint64_t value) {
  if (value != 0) out += fmt::format(",\"{}\":{}", key, value);
}

std::shared_ptr<spdlog::logger> standard_error(
    const std::shared_ptr<spdlog::details::thread_pool>& pool) {
  return std::make_shared<spdlog::async_logger>(
      "actors", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), pool,
      spdlog::async_overflow_policy::overrun_oldest);
}

}  // namespace

struct SpdlogSink::Parts {
  std::shared_ptr<spdlog::details::thread_pool> pool;  // shared with the logger, as spdlog wants
  std::shared_ptr<spdlog::logger> logger;
  std::atomic<std::size_t> overwritten{0};  // lines, as last told
  std::atomic<std::uint64_t> in{0}, high_water{0};
};

SpdlogSink::SpdlogSink(LogFormat format) : format_(format), parts_(std::make_unique<Parts>()) {
  parts_->pool = std::make_shared<spdlog::details::thread_pool>(kQueuedLinesMax, 1);
  parts_->logger = standard_error(parts_->pool);
  if (format_ == LogFormat::kJson) {
    parts_->logger->set_pattern(kJsonPattern, spdlog::pattern_time_type::utc);
  }
}

SpdlogSink::SpdlogSink(LogFormat format, std::shared_ptr<spdlog::logger> logger)
    : format_(format), parts_(std::make_unique<Parts>()) {
  parts_->logger = std::move(logger);
  if (format_ == LogFormat::kJson) {
    parts_->logger->set_pattern(kJsonPattern, spdlog::pattern_time_type::utc);
  }
}

SpdlogSink::~SpdlogSink() { parts_->logger->flush(); }

void SpdlogSink::write(const LogLine& line) {
  if (!parts_->logger->should_log(level_of(line.level))) return;
  if (parts_->pool) {
    const std::size_t lost = parts_->pool->overrun_counter();
    const std::size_t told = parts_->overwritten.exchange(lost);
    if (lost > told) {
      const std::string text =
          fmt::format("{} lines were left out: nobody reads fast enough", lost - told);
      write_line({.level = LogLevel::kWarn, .text = text});
    }
  }
  write_line(line);
}

io::QueueFigures SpdlogSink::queue() const {
  io::QueueFigures figures;
  if (!parts_->pool) return figures;
  figures.depth = parts_->pool->queue_size();
  figures.high_water = std::max(parts_->high_water.load(), figures.depth);
  figures.in = parts_->in;
  figures.refused = parts_->pool->overrun_counter();
  return figures;
}

void SpdlogSink::write_line(const LogLine& line) {
  parts_->logger->log(level_of(line.level), "{}",
                      format_ == LogFormat::kJson ? json_of(line) : text_of(line));
  if (!parts_->pool) return;
  ++parts_->in;
  const std::uint64_t depth = parts_->pool->queue_size();
  std::uint64_t most = parts_->high_water;
  while (depth > most && !parts_->high_water.compare_exchange_weak(most, depth)) {
  }
}

std::string SpdlogSink::text_of(const LogLine& line) {
  std::string text = "[";
  append_shown(text, line.actor.empty() ? "node" : line.actor);
  if (line.seq != 0) text += fmt::format("#{}", line.seq);
  text += "] ";
  append_shown(text, line.text);
  if (line.note.empty()) return text;
  text += " (";
  append_shown(text, line.note);
  return text + ")";
}

std::string SpdlogSink::json_of(const LogLine& line) {
  std::string fields = fmt::format("\"level\":\"{}\"", level_name(line.level));
  append_field(fields, "actor", line.actor);
  append_field(fields, "seq", line.seq);
  append_field(fields, "family", line.family);
  append_field(fields, "id", line.id);
  append_field(fields, "message", line.text);
  append_field(fields, "note", line.note);
  return fields;
}

}  // namespace theater::host
