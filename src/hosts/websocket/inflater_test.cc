// What a peer compressed comes back, message after message, however it ends its blocks; who ends
// them without end is refused.
#include "hosts/websocket/inflater.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/check.h"

namespace theater::hosts::websocket {
namespace {

constexpr std::size_t kRoom = 1000;

/// As a peer that keeps its context: `past` is what it has sent before.
Bytes packed(std::string_view text, std::string_view past, int flush) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
  const ByteSpan window = as_bytes(past);
  if (!past.empty()) {
    deflateSetDictionary(&stream, window.data(), static_cast<uInt>(window.size()));
  }
  Bytes bytes = to_bytes(as_bytes(text)), out(kRoom);
  stream.next_in = bytes.data();
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = kRoom;
  ::deflate(&stream, flush);
  out.resize(kRoom - stream.avail_out);
  deflateEnd(&stream);
  if (flush == Z_SYNC_FLUSH) out.resize(out.size() - 4);
  return out;
}

struct InflaterTest : testing::Test {
  Inflater inflater{read_deflate_answer("permessage-deflate").value()};
  std::string inflate(const Bytes& message) {
    Bytes out;
    ByteSpan rest(message);
    const auto part = inflater.inflate(rest, kRoom, out);
    if (part) EXPECT_EQ(*part, Inflater::Part::kLast);
    return part ? std::string(as_text(out)) : part.error().message;
  }
};

TEST_F(InflaterTest, AFinalBlockEndsNoConnection) {
  Bytes first = packed("hello hello", "", Z_FINISH);
  first.push_back(0);  // as RFC 7692 7.2.3.4 has it
  EXPECT_EQ(inflate(first), "hello hello");
  EXPECT_EQ(inflate(packed("hello again", "hello hello", Z_SYNC_FLUSH)), "hello again");
  EXPECT_EQ(inflate(packed("the last", "", Z_FINISH)), "the last") << "without the 00";
  EXPECT_EQ(inflate(packed("the last of all", "the last", Z_SYNC_FLUSH)), "the last of all");
}

TEST_F(InflaterTest, BlocksBehindAFinalOneAreRead) {
  Bytes both = packed("one, ", "", Z_FINISH);
  append(both, packed("two", "one, ", Z_SYNC_FLUSH));
  EXPECT_EQ(inflate(both), "one, two");
  EXPECT_EQ(inflate(packed("three", "one, two", Z_SYNC_FLUSH)), "three");
}

/// Between two parts others have their turn (BLOCK-1).
TEST_F(InflaterTest, ALongMessageComesInParts) {
  constexpr std::size_t kLong = 5 * kInflatedAtOnce;
  const Bytes message(kLong, 'z');
  for (int round = 0; round < 2; ++round) {
    const Bytes packed = deflate(message, 15);
    ByteSpan rest(packed);
    Bytes out;
    int parts = 1;
    while (true) {
      const std::size_t before = out.size();
      const auto part = inflater.inflate(rest, kLong, out);
      ASSERT_TRUE(part) << part.error().message;
      ASSERT_LT(out.size() - before, 2 * kInflatedAtOnce);
      if (*part == Inflater::Part::kLast) break;
      ++parts;
    }
    EXPECT_EQ(out, message);
    EXPECT_GE(parts, 5);
  }
  const Bytes packed = deflate(message, 15);
  ByteSpan rest(packed);
  Bytes out;
  auto part = inflater.inflate(rest, kLong - 1, out);
  while (part && *part == Inflater::Part::kMore) part = inflater.inflate(rest, kLong - 1, out);
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().code, Code::kTooLarge);
}

TEST_F(InflaterTest, EndlessFinalBlocksAreRefused) {
  const Bytes empty = packed("", "", Z_FINISH);
  Bytes many;
  for (int i = 0; i < 17; ++i) append(many, empty);
  EXPECT_EQ(inflate(many), "too many final blocks");
}

}  // namespace
}  // namespace theater::hosts::websocket
