// Whatever the stream takes at a time, the bytes come out whole and in order; published frames are
// dropped oldest first and never once begun; an empty outbox keeps next to nothing.
#include "hosts/websocket/outbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace theater::hosts::websocket {
namespace {

/// Takes at most `room` bytes a write.
class Sink final : public io::Stream {
 public:
  Status attach(io::Network&, io::StreamUser&) override { return {}; }
  void detach() override {}
  Result<std::optional<std::size_t>> read(std::span<std::uint8_t>) override { return 0; }
  Result<std::size_t> write(std::span<const ByteSpan> pieces) override {
    std::size_t left = room;
    for (const ByteSpan piece : pieces) {
      const std::size_t size = std::min(left, piece.size());
      text += as_text(piece.first(size));
      left -= size;
    }
    return room - left;
  }
  void want_read() override {}
  void want_write() override {}
  void shut_write() override {}
  std::string peer() const override { return ""; }
  std::size_t room = SIZE_MAX;
  std::string text;
};

void put(Outbox& outbox, std::string_view text) {
  append(outbox.begin(text.size()), as_bytes(text));
  outbox.commit();
}
SharedFrame shared(std::string_view text) {
  return std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
}

TEST(Outbox, KeepsOrderWhateverTheStreamTakes) {
  for (std::size_t room = 1; room < 40; ++room) {
    Outbox outbox;
    Sink sink;
    std::string expected;
    for (int round = 0; round < 5; ++round) {
      for (const char* text : {"a", "bc", "def", "ghij"}) {
        put(outbox, text);
        outbox.add(shared(text));
        expected += text;
        expected += text;
      }
      sink.room = room;
      ASSERT_TRUE(outbox.write_to(sink));
      ASSERT_EQ(outbox.bytes(), expected.size() - sink.text.size());
    }
    for (int i = 0; i < 200 && !outbox.is_empty(); ++i) ASSERT_TRUE(outbox.write_to(sink));
    EXPECT_EQ(sink.text, expected) << room;
  }
}

TEST(Outbox, LargeFramesGrowNoChunkBeyondItsSize) {
  Outbox outbox;
  Sink sink;
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    const std::string text(30'000, static_cast<char>('a' + i));
    put(outbox, text);
    expected += text;
  }
  ASSERT_TRUE(outbox.write_to(sink));
  EXPECT_EQ(sink.text, expected);
}

/// What is left is left as if the stream were full.
TEST(Outbox, WritesNoMoreInOneTurnThanOthersShouldWaitFor) {
  constexpr std::size_t kTurn = 1024 * 1024;
  Outbox outbox;
  Sink sink;
  std::string expected;
  for (int i = 0; i < 3; ++i) {
    const std::string text((2u << 20) + 7, static_cast<char>('a' + i));
    put(outbox, text);
    outbox.add(shared("|"));
    expected += text + "|";
  }
  std::size_t most = 0;
  while (!outbox.is_empty()) {
    const std::size_t before = sink.text.size();
    ASSERT_TRUE(outbox.write_to(sink));
    most = std::max(most, sink.text.size() - before);
    ASSERT_GT(sink.text.size(), before);
  }
  EXPECT_EQ(most, kTurn);
  EXPECT_TRUE(sink.text == expected);
}

TEST(Outbox, DropsTheOldestPublishedButNoneThatHasBegun) {
  Outbox outbox;
  Sink sink;
  for (const char* text : {"aaaa", "bbbb", "cccc", "dddd"}) outbox.add(shared(text));
  put(outbox, "own");
  sink.room = 1;
  ASSERT_TRUE(outbox.write_to(sink));
  EXPECT_EQ(outbox.drop_published(10), 2u);
  EXPECT_EQ(outbox.bytes(), 10u);
  sink.room = SIZE_MAX;
  ASSERT_TRUE(outbox.write_to(sink));
  EXPECT_EQ(sink.text, "aaaaddddown");
  EXPECT_EQ(outbox.drop_published(0), 0u);
}

TEST(Outbox, DropsAllThatHasNotBegun) {
  Outbox outbox;
  Sink sink;
  for (const char* text : {"aaaa", "bbbb"}) outbox.add(shared(text));
  outbox.drop_unbegun();
  EXPECT_TRUE(outbox.is_empty());
  for (const char* text : {"cccc", "dddd"}) outbox.add(shared(text));
  sink.room = 2;
  ASSERT_TRUE(outbox.write_to(sink));
  outbox.drop_unbegun();
  put(outbox, "!");
  sink.room = SIZE_MAX;
  ASSERT_TRUE(outbox.write_to(sink));
  EXPECT_EQ(sink.text, "cccc!");
}

}  // namespace
}  // namespace theater::hosts::websocket
