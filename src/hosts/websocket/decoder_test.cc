// However the bytes are cut, the same items come out; what RFC 6455 forbids fails with the right
// close code; nothing is held between messages. The Autobahn cases cover the rest from outside.
#include "hosts/websocket/decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hosts/websocket/test_frames.h"

namespace theater::hosts::websocket {
namespace {

struct Seen {
  Item item;
  std::string payload;
  std::uint16_t code = 0;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> decode(Decoder& decoder, std::string bytes, std::size_t cut) {
  std::vector<Seen> seen;
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    std::string part = bytes.substr(at, cut);
    std::span<std::uint8_t> input(reinterpret_cast<std::uint8_t*>(part.data()), part.size());
    while (true) {
      const Item item = decoder.next(input);
      if (item == Item::kNone) break;
      if (item == Item::kPause) continue;
      const bool has_code = item == Item::kClose || item == Item::kFailed;
      seen.push_back({item, std::string(as_text(decoder.payload())),
                      has_code ? decoder.close_code() : std::uint16_t{0}});
      if (item == Item::kFailed) return seen;
    }
  }
  return seen;
}

std::vector<Seen> decode(const std::string& bytes, std::size_t message_max = 1 << 20) {
  std::vector<Seen> first;
  for (const std::size_t cut : {bytes.size() + 1, std::size_t{1}, std::size_t{3}, std::size_t{7}}) {
    Decoder decoder(message_max);
    auto seen = decode(decoder, bytes, cut);
    if (cut > bytes.size()) first = seen;
    EXPECT_EQ(seen, first) << "cut into " << cut;
  }
  return first;
}

std::uint16_t failure(const std::string& bytes, std::size_t message_max = 1 << 20) {
  const auto seen = decode(bytes, message_max);
  if (seen.empty() || seen.back().item != Item::kFailed) return 0;
  return seen.back().code;
}

TEST(Decoder, MessagesOfEveryLengthForm) {
  for (const std::size_t size : {0, 1, 125, 126, 65535, 65536, 70001}) {
    const std::string text(size, 'x');
    EXPECT_EQ(decode(client_frame(Opcode::kText, text)), (std::vector<Seen>{{Item::kText, text}}));
  }
}

TEST(Decoder, FragmentsJoinAroundControlFrames) {
  const std::string bytes =
      client_frame(Opcode::kText, "Hel", 0) + client_frame(Opcode::kPing, "?") +
      client_frame(Opcode::kContinuation, "", 0) + client_frame(Opcode::kContinuation, "lo") +
      client_frame(Opcode::kBinary, "after");
  EXPECT_EQ(
      decode(bytes),
      (std::vector<Seen>{{Item::kPing, "?"}, {Item::kText, "Hello"}, {Item::kBinary, "after"}}));
}

TEST(Decoder, CloseCodesAndReasons) {
  EXPECT_EQ(decode(client_frame(Opcode::kClose, "")),
            (std::vector<Seen>{{Item::kClose, "", kCloseNoCode}}));
  EXPECT_EQ(decode(client_frame(Opcode::kClose,
                                "\x03\xe8"
                                "bye")),
            (std::vector<Seen>{{Item::kClose, "bye", kCloseNormal}}));
  EXPECT_EQ(failure(client_frame(Opcode::kClose, "\x03")), kCloseProtocol);
  EXPECT_EQ(failure(client_frame(Opcode::kClose, std::string("\x03\xed", 2))), kCloseProtocol);
  EXPECT_EQ(failure(client_frame(Opcode::kClose, "\x03\xe8\xff")), kCloseBadText);
}

TEST(Decoder, WhatTheProtocolForbids) {
  EXPECT_EQ(failure(client_frame(static_cast<Opcode>(3), "")), kCloseProtocol);
  EXPECT_EQ(failure(client_frame(Opcode::kPing, "", 0)), kCloseProtocol);
  EXPECT_EQ(failure(client_frame(Opcode::kPing, std::string(126, 'x'))), kCloseProtocol);
  EXPECT_EQ(failure(client_frame(Opcode::kContinuation, "x")), kCloseProtocol);
  EXPECT_EQ(failure(client_frame(Opcode::kText, "x", kFinal | 0x40)), kCloseProtocol);
  EXPECT_EQ(failure(client_frame(Opcode::kText, "a", 0) + client_frame(Opcode::kText, "b")),
            kCloseProtocol);
  EXPECT_EQ(failure(std::string("\x81\x01x", 3)), kCloseProtocol);
  EXPECT_EQ(failure(std::string("\x81\xfe\x00\x05....", 8)), kCloseProtocol);
}

TEST(Decoder, TextThatCannotBecomeUtf8FailsAtOnce) {
  EXPECT_EQ(failure(client_frame(Opcode::kText, "\xc0\xaf")), kCloseBadText);
  EXPECT_EQ(failure(client_frame(Opcode::kText, "\xed\xa0\x80")), kCloseBadText);
  EXPECT_EQ(failure(client_frame(Opcode::kText, "cut \xe2\x82")), kCloseBadText);
  EXPECT_EQ(failure(client_frame(Opcode::kText, "bad \xf4\x90", 0)), kCloseBadText);
  EXPECT_EQ(decode(client_frame(Opcode::kText, "\xe2\x82", 0) +
                   client_frame(Opcode::kContinuation, "\xac")),
            (std::vector<Seen>{{Item::kText, "\xe2\x82\xac"}}));
  EXPECT_EQ(decode(client_frame(Opcode::kBinary, "\xc0")).front().item, Item::kBinary);
}

TEST(Decoder, MessagesOverTheLimitFailBeforeTheyAreHeld) {
  EXPECT_EQ(failure(client_frame(Opcode::kBinary, std::string(11, 'x')), 10), kCloseTooLarge);
  EXPECT_EQ(failure(client_frame(Opcode::kBinary, std::string(6, 'x'), 0) +
                        client_frame(Opcode::kContinuation, std::string(5, 'x')),
                    10),
            kCloseTooLarge);
  EXPECT_EQ(failure(client_frame(Opcode::kBinary, std::string(10, 'x')), 10), 0);
}

TEST(Decoder, HoldsNothingBetweenMessages) {
  Decoder decoder(1 << 20);
  decode(decoder, client_frame(Opcode::kBinary, std::string(5000, 'x')), 100);
  decode(decoder, client_frame(Opcode::kPong, ""), 100);
  EXPECT_EQ(decoder.held_bytes(), 0u);
}

/// What was collected is not copied again (BLOCK-1: a MiB of fresh memory takes 0.65 ms).
TEST(Decoder, GivesAMessageAwayThatItHasCollected) {
  const std::string text(3 << 20, 'x');
  std::string frame = client_frame(Opcode::kBinary, text);
  std::span<std::uint8_t> rest(reinterpret_cast<std::uint8_t*>(frame.data()), frame.size());
  Decoder decoder(4 << 20);
  Item item = Item::kNone;
  while (item == Item::kNone && !rest.empty()) {
    auto input = rest.first(std::min<std::size_t>(rest.size(), 64 * 1024));
    rest = rest.subspan(input.size());
    item = decoder.next(input);
  }
  ASSERT_EQ(item, Item::kBinary);
  const std::uint8_t* const place = decoder.payload().data();
  const Bytes taken = decoder.take_payload();
  EXPECT_EQ(taken.data(), place);
  EXPECT_TRUE(as_text(taken) == text);
  EXPECT_TRUE(decoder.payload().empty());
  EXPECT_EQ(decoder.held_bytes(), 0u);
}

TEST(Decoder, CopiesAMessageThatLiesInTheInput) {
  std::string frames = client_frame(Opcode::kText, "one") + client_frame(Opcode::kText, "two");
  std::span<std::uint8_t> input(reinterpret_cast<std::uint8_t*>(frames.data()), frames.size());
  Decoder decoder(100);
  ASSERT_EQ(decoder.next(input), Item::kText);
  EXPECT_EQ(as_text(decoder.take_payload()), "one");
  ASSERT_EQ(decoder.next(input), Item::kText);
  EXPECT_EQ(as_text(decoder.take_payload()), "two");
}

/// A header that promises much costs its sender's message nothing before it comes.
TEST(Decoder, CountsWhatHasCome) {
  constexpr std::size_t kCame = 5 << 20;
  std::string frame = client_frame(Opcode::kBinary, std::string(kCame, 'x'), 0);
  frame += client_frame(Opcode::kContinuation, std::string(60 << 20, 'x')).substr(0, kCame);
  Decoder decoder(100 << 20);
  EXPECT_TRUE(decode(decoder, frame, 64 * 1024).empty());
  EXPECT_GE(decoder.unfinished_bytes(), kCame);
  EXPECT_LE(decoder.unfinished_bytes(), 4 * kCame);
}

TEST(Decoder, CompressedMessages) {
  const Bytes text(200'000, 'z');
  const Bytes packed = deflate(text, 12);
  const std::string frame =
      client_frame(Opcode::kText, std::string(as_text(packed)), kFinal | kCompressed);
  for (const std::size_t cut : {std::size_t{1}, std::size_t{17}, frame.size()}) {
    Decoder decoder(200'000);
    decoder.enable_inflation(std::make_unique<Inflater>(DeflateSettings{}));
    const auto seen = decode(decoder, frame + frame, cut);
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[1], (Seen{Item::kText, std::string(as_text(text))}));
  }
  Decoder bounded(199'999);
  bounded.enable_inflation(std::make_unique<Inflater>(DeflateSettings{}));
  EXPECT_EQ(decode(bounded, frame, 64).back(), (Seen{Item::kFailed, "", kCloseTooLarge}));
}

/// Between two calls others have their turn (BLOCK-1); what is not taken yet is counted.
TEST(Decoder, ALongCompressedMessageComesWithPauses) {
  constexpr std::size_t kLong = 4 * kInflatedAtOnce;
  const std::string text(kLong, 'z');
  const Bytes packed = deflate(to_bytes(as_bytes(text)), 12);
  const std::string frame =
      client_frame(Opcode::kText, std::string(as_text(packed)), kFinal | kCompressed);
  for (const std::size_t first : {std::size_t{0}, frame.size() / 2}) {
    Decoder decoder(kLong);
    decoder.enable_inflation(std::make_unique<Inflater>(DeflateSettings{}));
    std::string begun = frame.substr(0, first);
    std::string rest = frame.substr(first) + client_frame(Opcode::kPing, "behind");
    std::span<std::uint8_t> input(reinterpret_cast<std::uint8_t*>(begun.data()), begun.size());
    ASSERT_EQ(decoder.next(input), Item::kNone);
    input = {reinterpret_cast<std::uint8_t*>(rest.data()), rest.size()};
    int pauses = 0;
    Item item = decoder.next(input);
    for (; item == Item::kPause; item = decoder.next(input)) {
      ++pauses;
      EXPECT_GE(decoder.unfinished_bytes(), std::size_t(pauses) * kInflatedAtOnce);
      EXPECT_EQ(decoder.payload().size(), 0u);
    }
    EXPECT_GE(pauses, 3);
    ASSERT_EQ(item, Item::kText);
    EXPECT_TRUE(as_text(decoder.payload()) == text);
    EXPECT_EQ(decoder.next(input), Item::kPing);
    EXPECT_EQ(as_text(decoder.payload()), "behind");
    EXPECT_EQ(decoder.next(input), Item::kNone);
    EXPECT_EQ(decoder.unfinished_bytes(), 0u);
  }
}

/// Time goes by what is taken, too.
TEST(Decoder, ALongCompressedMessageThatComesToNothingHasPauses) {
  std::string packed;
  while (packed.size() < 16 * kDeflatedAtOnce) packed += std::string("\0\0\0\xFF\xFF", 5);
  packed.push_back('\0');
  std::string frame = client_frame(Opcode::kText, packed, kFinal | kCompressed);
  Decoder decoder(packed.size());
  decoder.enable_inflation(std::make_unique<Inflater>(DeflateSettings{}));
  std::span<std::uint8_t> input(reinterpret_cast<std::uint8_t*>(frame.data()), frame.size());
  int pauses = 0;
  Item item = decoder.next(input);
  for (; item == Item::kPause; item = decoder.next(input)) ++pauses;
  EXPECT_EQ(item, Item::kText);
  EXPECT_EQ(decoder.payload().size(), 0u);
  EXPECT_GE(pauses, 15);
  EXPECT_GE(decoder.inflated_bytes(), packed.size());
}

TEST(Deflate, Negotiation) {
  EXPECT_FALSE(negotiate_deflate(""));
  EXPECT_FALSE(negotiate_deflate("permessage-deflate; server_max_window_bits=8"));
  EXPECT_FALSE(negotiate_deflate("permessage-deflate; unknown"));
  EXPECT_EQ(
      negotiate_deflate("x-other, permessage-deflate; client_max_window_bits")->server_window_bits,
      12);
  EXPECT_EQ(negotiate_deflate("permessage-deflate; server_max_window_bits=9")->server_window_bits,
            9);
  EXPECT_EQ(negotiate_deflate("permessage-deflate; server_max_window_bits=8, permessage-deflate")
                ->server_window_bits,
            12);
}

TEST(Decoder, AServerDoesNotMask) {
  Decoder decoder(1000, Sender::kServer);
  Bytes frame;
  append_header(frame, Opcode::kText, 5);
  append(frame, as_bytes("hello"));
  const std::string text(as_text(frame));
  EXPECT_EQ(decode(decoder, text + text, 1),
            (std::vector<Seen>{{Item::kText, "hello"}, {Item::kText, "hello"}}));
  EXPECT_EQ(decode(decoder, client_frame(Opcode::kText, "x"), 1),
            (std::vector<Seen>{{Item::kFailed, "", kCloseProtocol}}));
}

TEST(Decoder, WhatAClientMasksComesBack) {
  for (const std::size_t size : {0, 1, 7, 125, 126, 65536}) {
    const std::string text(size, 'm');
    Bytes frame;
    append_masked(frame, {Opcode::kBinary, as_bytes(text)}, {1, 2, 3, 250});
    EXPECT_EQ(decode(std::string(as_text(frame))), (std::vector<Seen>{{Item::kBinary, text}}));
    if (size > 4) EXPECT_EQ(as_text(frame).find("mmmmm"), std::string_view::npos);
  }
}

TEST(Inflater, ReadsTheAnswersToItsOffer) {
  EXPECT_FALSE(read_deflate_answer("permessage-deflate")->server_keeps_context);
  EXPECT_TRUE(read_deflate_answer("permessage-deflate")->client_keeps_context);
  const auto full = read_deflate_answer(
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
      "server_max_window_bits=10; client_max_window_bits=9");
  EXPECT_FALSE(full->client_keeps_context);
  EXPECT_EQ(full->client_window_bits, 10);
  EXPECT_EQ(full->server_window_bits, 9);
  for (const char* wrong :
       {"", "permessage-bzip2", "permessage-deflate, permessage-deflate",
        "permessage-deflate; client_max_window_bits", "permessage-deflate; other",
        "permessage-deflate; client_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_no_context_takeover=1"}) {
    EXPECT_FALSE(read_deflate_answer(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace theater::hosts::websocket
