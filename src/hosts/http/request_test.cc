// What the RFCs allow is read; whatever two readers could understand differently is refused with
// the status they name; nothing depends on how the bytes are cut.
#include "hosts/http/request.h"

#include <gtest/gtest.h>

#include "hosts/http/date.h"
#include "hosts/http/fields.h"
#include "hosts/http/head_scanner.h"
#include "hosts/http/limits.h"

namespace theater::hosts::http {
namespace {

/// Scans and parses; a head that is not complete has status 0.
std::expected<Request, Refusal> read(std::string_view text) {
  const auto end = HeadScanner().scan(as_bytes(text));
  if (!end) return std::unexpected(end.error());
  if (!*end) return std::unexpected(Refusal{0, "incomplete"});
  return parse_request(as_bytes(text).first(**end));
}

std::string head(std::string_view line, std::string_view fields = "Host: h\r\n") {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n";
}

int status_of(const std::string& text) {
  const auto request = read(text);
  return request ? 200 : request.error().status;
}

int status_with(std::string_view fields) {
  return status_of(head("POST / HTTP/1.1", "Host: h\r\n" + std::string(fields)));
}

TEST(Request, ReadsLineAndFields) {
  const auto request =
      read(head("PUT /a/b?c=d&e HTTP/1.1", "Host: h\r\nX-One:  a b \t\r\nx-one:\r\n"));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->method, "PUT");
  EXPECT_EQ(request->target, "/a/b?c=d&e");
  EXPECT_EQ(request->path(), "/a/b");
  EXPECT_EQ(request->query(), "c=d&e");
  EXPECT_EQ(request->header("x-one"), "a b, ");
  EXPECT_TRUE(request->keeps_alive);
  EXPECT_FALSE(request->has_body());
}

TEST(Request, RefusesOtherRequestLines) {
  const std::pair<const char*, int> lines[] = {
      {"GET / HTTP/1.1", 200},        {"GET /", 400},
      {"GET  / HTTP/1.1", 400},       {"GET / HTTP/1.1 ", 400},
      {" GET / HTTP/1.1", 400},       {"GET\t/ HTTP/1.1", 400},
      {"GET / http/1.1", 400},        {"GET / HTTP/1.10", 400},
      {"GET / HTTP/1.2", 200},        {"GET / HTTP/2.0", 505},
      {"GET / HTTP/0.9", 505},        {"GET / HTTP/1,1", 400},
      {"G(T / HTTP/1.1", 400},        {"get / HTTP/1.1", 501},
      {"TRACE / HTTP/1.1", 501},      {"CONNECT h:1 HTTP/1.1", 501},
      {"PROPFIND / HTTP/1.1", 200},   {"GET /a b HTTP/1.1", 400},
      {"GET /#x HTTP/1.1", 400},      {"GET /\xc3\xa9 HTTP/1.1", 400},
      {"GET * HTTP/1.1", 400},        {"OPTIONS * HTTP/1.1", 200},
      {"GET a HTTP/1.1", 400},        {"GET ftp://h/ HTTP/1.1", 400},
      {"GET http:/// HTTP/1.1", 400}, {"GET http://u@h/ HTTP/1.1", 400},
  };
  for (const auto& [line, status] : lines) EXPECT_EQ(status_of(head(line)), status) << line;
}

TEST(Request, TakesTheHostOfAnAbsoluteTarget) {
  const auto request = read(head("GET HTTP://real:81?x=1 HTTP/1.1"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->target, "/?x=1");
  EXPECT_EQ(request->header("host"), "real:81");
}

TEST(Request, WantsOneHost) {
  for (const char* good : {"h", "h:80", "127.0.0.1:1", "[::1]", "[::1]:80", "a-b.c_d~e", "h:"}) {
    EXPECT_EQ(status_of(head("GET / HTTP/1.1", fmt::format("Host: {}\r\n", good))), 200) << good;
  }
  for (const char* bad :
       {"", "a b", "h/x", "u@h", "h:x", "h:123456", ":80", "a,b", "h?x", "a\\b"}) {
    EXPECT_EQ(status_of(head("GET / HTTP/1.1", fmt::format("Host: {}\r\n", bad))), 400) << bad;
  }
  EXPECT_EQ(status_of(head("GET / HTTP/1.1", "")), 400);
  EXPECT_EQ(status_of(head("GET / HTTP/1.0", "")), 200);
  EXPECT_EQ(status_of(head("GET / HTTP/1.1", "Host: h\r\nHost: h\r\n")), 400);
}

TEST(Request, RefusesFieldsThatAreNone) {
  for (const char* bad :
       {"X : y", " X: y", "X", ": y", "X Y: z", "X\xc3: y", "X: a\tb\r\n folded"}) {
    EXPECT_EQ(status_with(std::string(bad) + "\r\n"), 400) << bad;
  }
  EXPECT_EQ(status_with("X: \xc3\xa9\ttab\r\n"), 200);
}

TEST(Request, RefusesDoubtfulFraming) {
  const std::pair<const char*, int> fields[] = {
      {"Content-Length: 5\r\n", 200},
      {"Content-Length: 005\r\n", 200},
      {"Content-Length: +5\r\n", 400},
      {"Content-Length: -5\r\n", 400},
      {"Content-Length: 5, 5\r\n", 400},
      {"Content-Length: 0x5\r\n", 400},
      {"Content-Length:\r\n", 400},
      {"Content-Length: 5 5\r\n", 400},
      {"Content-Length: 9999999999999999\r\n", 400},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", 400},
      {"Transfer-Encoding: chunked\r\n", 200},
      {"Transfer-Encoding: CHUNKED\r\n", 200},
      {"Transfer-Encoding: xchunked\r\n", 400},
      {"Transfer-Encoding: chunked, chunked\r\n", 400},
      {"Transfer-Encoding: chunked, gzip\r\n", 400},
      {"Transfer-Encoding: gzip, chunked\r\n", 501},
      {"Transfer-Encoding: identity\r\n", 400},
      {"Transfer-Encoding:\r\n", 400},
      {"Transfer-Encoding: chunked;q=1\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Expect: 100-continue\r\n", 200},
      {"Expect: magic\r\n", 417},
  };
  for (const auto& [text, status] : fields) EXPECT_EQ(status_with(text), status) << text;
  EXPECT_EQ(status_of(head("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n")), 400);
}

TEST(Request, KnowsWhetherTheConnectionStays) {
  const auto stays = [](std::string_view version, std::string_view fields) {
    const auto request =
        read(head(fmt::format("GET / HTTP/{}", version), "Host: h\r\n" + std::string(fields)));
    return request && request->keeps_alive;
  };
  EXPECT_TRUE(stays("1.1", ""));
  EXPECT_FALSE(stays("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(stays("1.1", "Connection: keep-alive, Close\r\n"));
  EXPECT_FALSE(stays("1.0", ""));
  EXPECT_TRUE(stays("1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(stays("1.0", "Connection: keep-alive\r\nConnection: close\r\n"));
}

TEST(HeadScanner, RefusesWhatCanNeverBeAHead) {
  const auto scan = [](std::string_view text) { return HeadScanner().scan(as_bytes(text)); };
  for (const std::string_view bad :
       {"GET / HTTP/1.1\n", "GET / HTTP/1.1\rX", "GET /\x01", "\x16\x03\x01\x02", "\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\nY: b\r\n\r\n", "GET / HTTP/1.1\r\r\n", "G\x7f"}) {
    EXPECT_FALSE(scan(bad)) << bad;
  }
  EXPECT_FALSE(scan(std::string_view("GET /\0", 6)));
  EXPECT_EQ(**scan("\r\nGET / HTTP/1.1\r\n\r\nrest"), 20u);
  EXPECT_FALSE(scan("GET / HTTP/1.1\r\n\r")->has_value());
}

TEST(HeadScanner, HoldsTheBounds) {
  const std::string longest(kTargetBytesMax - 1, 'a');
  EXPECT_EQ(status_of(head("GET /" + longest + " HTTP/1.1")), 200);
  EXPECT_EQ(status_of(head("GET /a" + longest + " HTTP/1.1")), 414);
  EXPECT_EQ(status_of("GET /" + longest + std::string(1000, 'b')), 414);  // and never complete
  const std::string start = head("GET / HTTP/1.1").substr(0, 25) + "X: ";
  const std::string end = "\r\n\r\n";
  const std::size_t room = kHeadBytesMax - start.size() - end.size();
  EXPECT_EQ(status_of(start + std::string(room, 'x') + end), 200);
  EXPECT_EQ(status_of(start + std::string(room + 1, 'x') + end), 431);
  EXPECT_EQ(status_of(start + std::string(kHeadBytesMax, 'x')), 431);
  std::string fields = "Host: h\r\n";
  for (std::size_t i = 1; i < kFieldsMax; ++i) fields += "A: b\r\n";
  EXPECT_EQ(status_of(head("GET / HTTP/1.1", fields)), 200);
  EXPECT_EQ(status_of(head("GET / HTTP/1.1", fields + "A: b\r\n")), 431);
}

TEST(HeadScanner, DoesNotCareHowTheBytesAreCut) {
  const std::string text = head("GET / HTTP/1.1", "Host: h\r\nX: y\r\n") + "more";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    HeadScanner scanner;
    auto found = scanner.scan(as_bytes(text).first(cut));
    ASSERT_TRUE(found);
    if (!*found) found = scanner.scan(as_bytes(text));
    EXPECT_EQ(**found, text.size() - 4) << cut;
  }
}

TEST(Fields, ListsAndTokens) {
  EXPECT_EQ(elements(" a ,, b,\tc"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(has_token("x, Upgrade", "upgrade"));
  EXPECT_FALSE(has_token("upgraded", "upgrade"));
  EXPECT_FALSE(is_token(""));
  EXPECT_EQ(decimal("18", 2), 18u);
  EXPECT_FALSE(decimal("180", 2));
}

TEST(Date, IsWrittenAsTheRfcDoes) {
  EXPECT_EQ(date_line(WallTime{std::chrono::seconds(784111777)}),
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
}

}  // namespace
}  // namespace theater::hosts::http
