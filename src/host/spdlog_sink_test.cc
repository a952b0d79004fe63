// A line of the log reads the same everywhere: for people as text, for programs as one JSON object
// with all its context, whatever its text holds.
#include "host/spdlog_sink.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <regex>
#include <sstream>

#include "host/json_text.h"

namespace theater::host {
namespace {

struct Written {
  std::ostringstream stream;
  std::shared_ptr<spdlog::logger> logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_st>(stream));

  /// What was written, with "TIME" for the time.
  std::string text() const {
    const std::regex time(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)");
    return std::regex_replace(stream.str(), time, "TIME");
  }
};

constexpr LogLine kLines[] = {
    {.level = LogLevel::kInfo, .actor = "chat", .seq = 7, .text = "hello", .family = "runtime"},
    {.level = LogLevel::kWarn,
     .actor = "chat",
     .text = "too slow",
     .note = "closed with 1013",
     .family = "websocket-server",
     .id = 4503599627370497},
    {.level = LogLevel::kError, .text = "a \"b\" \\ \n\t\x01 \xc3\xa9 \xff"},
};

TEST(SpdlogSink, JsonHasEverythingThatIsKnownAndNothingElse) {
  Written written;
  SpdlogSink sink(LogFormat::kJson, written.logger);
  for (const LogLine& line : kLines) sink.write(line);
  EXPECT_EQ(written.text(),
            R"({"time":"TIME","level":"info","actor":"chat","seq":7,"family":"runtime",)"
            R"("message":"hello"})"
            "\n"
            R"({"time":"TIME","level":"warn","actor":"chat","family":"websocket-server",)"
            R"("id":4503599627370497,"message":"too slow","note":"closed with 1013"})"
            "\n"
            R"({"time":"TIME","level":"error","message":"a \"b\" \\ \n\t\u0001 é \ufffd"})"
            "\n");
}

TEST(SpdlogSink, TextNamesActorSeqAndNote) {
  Written written;
  written.logger->set_pattern("%l %v");
  SpdlogSink sink(LogFormat::kText, written.logger);
  for (const LogLine& line : kLines) sink.write(line);
  EXPECT_EQ(written.text(),
            "info [chat#7] hello\n"
            "warning [chat] too slow (closed with 1013)\n"
            "error [node] a \"b\" \\ \\n\t\\x01 \xc3\xa9 \\xff\n");
}

TEST(SpdlogSink, NothingInALineForgesAnotherOrSpeaksToTheTerminal) {
  Written written;
  written.logger->set_pattern("%l %v");
  SpdlogSink sink(LogFormat::kText, written.logger);
  sink.write({.level = LogLevel::kInfo,
              .actor = "c\x1b[2Jhat",
              .text = "x\n[info] [node] verified\r\x1b]0;title\x07\xc2\x9b\x32J\x9b\x7f",
              .note = "\x1b[2K"});
  EXPECT_EQ(written.text(),
            "info [c\\x1b[2Jhat] x\\n[info] [node] verified\\x0d\\x1b]0;title\\x07\\xc2\\x9b2J"
            "\\x9b\\x7f (\\x1b[2K)\n");
  std::string json;
  append_json(json, "\xc2\x9b\xc2\xa0");
  EXPECT_EQ(json, "\"\\u009b\xc2\xa0\"");
}

TEST(SpdlogSink, WritesNothingBelowItsLevel) {
  Written written;
  SpdlogSink sink(LogFormat::kJson, written.logger);
  sink.write({.level = LogLevel::kDebug, .actor = "chat", .text = "not shown"});
  EXPECT_EQ(written.text(), "");
}

TEST(Json, TextIsQuotedWhateverItHolds) {
  const std::string_view nothing;
  for (const auto& [text, quoted] :
       {std::pair(nothing, R"("")"),
        std::pair<std::string_view, const char*>("\x7f", R"("\u007f")"),
        std::pair<std::string_view, const char*>("\xe2\x82", R"("\ufffd\ufffd")")}) {
    std::string out;
    append_json(out, text);
    EXPECT_EQ(out, quoted);
  }
}

}  // namespace
}  // namespace theater::host
