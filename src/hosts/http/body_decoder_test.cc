// A body ends where its framing says, however it is cut; chunks that lie are refused; extensions
// and trailers are bounded and never become data.
#include "hosts/http/body_decoder.h"

#include <gtest/gtest.h>

#include "hosts/http/limits.h"

namespace theater::hosts::http {
namespace {

using Step = BodyDecoder::Step;
constexpr Framing kChunked{Framing::Kind::kChunked, 0};

/// "body|rest", "body..." if more is wanted, or "!status".
std::string decode(const Framing& framing, std::string_view text, std::size_t step) {
  BodyDecoder decoder(framing);
  std::string body;
  while (true) {
    const ByteSpan piece = as_bytes(text.substr(0, step));
    ByteSpan input = piece;
    Step last = Step::kData;
    while (last == Step::kData) {
      last = decoder.next(input);
      if (last == Step::kData) body += as_text(decoder.data());
    }
    text.remove_prefix(piece.size() - input.size());
    if (last == Step::kEnd) return body + "|" + std::string(text);
    if (last == Step::kFailed) return fmt::format("!{}", decoder.failure().status);
    if (text.empty()) return body + "...";
  }
}

std::string decode(const Framing& framing, std::string_view text) {
  const std::string whole = decode(framing, text, text.size() + 1);
  for (const std::size_t step : {1u, 2u, 3u, 7u}) EXPECT_EQ(decode(framing, text, step), whole);
  return whole;
}

TEST(BodyDecoder, TakesALength) {
  EXPECT_EQ(decode({Framing::Kind::kLength, 3}, "abcGET"), "abc|GET");
  EXPECT_EQ(decode({Framing::Kind::kLength, 3}, "ab"), "ab...");
  EXPECT_EQ(decode({}, "GET"), "|GET");
}

TEST(BodyDecoder, TakesChunks) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"0\r\n\r\n", "|"},
      {"3\r\nabc\r\n0\r\n\r\nGET", "abc|GET"},
      {"00003\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n", "abc0123456789|"},
      {"A\r\n0123456789\r\n000\r\n\r\n", "0123456789|"},
      {"3;x\r\nabc\r\n0;y=\"z\"\r\n\r\n", "abc|"},
      {"1\r\na\r\n0\r\nTrailer: v\r\nOther:\r\n\r\nrest", "a|rest"},
      {"3\r\nab", "ab..."},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(decode(kChunked, text), wanted) << text;
}

TEST(BodyDecoder, RefusesChunksThatLie) {
  for (const std::string_view bad : {"\r\n",
                                     "x\r\n",
                                     "-1\r\n",
                                     "0x3\r\nabc\r\n",
                                     " 3\r\nabc\r\n",
                                     "3 \r\nabc\r\n",
                                     "3\nabc\r\n",
                                     "3\r\nabcd\r\n",
                                     "3\r\nabc0\r\n",
                                     "3\r\nabc\n0\r\n",
                                     "3\r\nabc\r0\r\n",
                                     "3;\n\r\nabc",
                                     "3;a\rb\r\nabc",
                                     "10000000000000\r\n",
                                     "0\r\nno field\r\n\r\n",
                                     "0\r\n folded: x\r\n\r\n",
                                     "0\r\nContent-Length: 9\r\n\r\n",
                                     "0\r\ntransfer-encoding: x\r\n\r\n",
                                     "0\r\nX : y\r\n\r\n",
                                     "0\r\nX: y\n\r\n",
                                     "0\r\n\rx",
                                     "3;\x01\r\n"}) {
    EXPECT_EQ(decode(kChunked, bad).front(), '!') << bad;
  }
}

TEST(BodyDecoder, BoundsExtensionsAndTrailers) {
  const auto extended = [](std::size_t bytes) {
    return "0;" + std::string(bytes, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(decode(kChunked, extended(kExtensionBytesMax)), "|");
  EXPECT_EQ(decode(kChunked, extended(kExtensionBytesMax + 1)), "!400");
  const auto trailed = [](std::size_t bytes) {
    return "0\r\nX:" + std::string(bytes - 6, 'y') + "\r\n\r\n";
  };
  EXPECT_EQ(decode(kChunked, trailed(kTrailerBytesMax)), "|");
  EXPECT_EQ(decode(kChunked, trailed(kTrailerBytesMax + 1)), "!431");
}

}  // namespace
}  // namespace theater::hosts::http
