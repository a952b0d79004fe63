// Replies are the same however their bytes are cut; what breaks the protocol is refused; what is
// too large is dropped, and what follows it is whole.
#include "hosts/redis/reply_reader.h"

#include <gtest/gtest.h>

namespace theater::hosts::redis {
namespace {

std::string text_of(const Value& value) {
  switch (value.kind()) {
    case Value::kNil:
      return "nil";
    case Value::kInteger:
      return fmt::format(":{}", std::get<Value::kInteger>(value.value));
    case Value::kText:
      return "+" + std::get<Value::kText>(value.value);
    case Value::kBlob:
      return fmt::format("\"{}\"", as_text(std::get<Value::kBlob>(value.value)));
    case Value::kFailure:
      return "-" + std::get<Value::kFailure>(value.value);
    case Value::kArray:
      return fmt::format("[{}]", std::get<Value::kArray>(value.value));
  }
  return "?";
}

/// The replies in `text`, cut into pieces of `cut` bytes; "!" is an error.
std::string read(std::string_view text, std::size_t cut, std::size_t reply_max = 1000) {
  ReplyReader reader(reply_max);
  std::string seen;
  for (std::size_t at = 0; at < text.size(); at += cut) {
    ByteSpan input = as_bytes(text.substr(at, cut));
    while (true) {
      auto reply = reader.next(input);
      if (!reply) return seen + "!";
      if (!*reply) break;
      if ((*reply)->is_too_large) seen += "(too large)";
      for (const Value& value : (*reply)->values) seen += text_of(value);
      seen += ";";
    }
  }
  return seen;
}

TEST(ReplyReader, ReadsEveryKindHoweverItIsCut) {
  constexpr std::string_view kText =
      "+OK\r\n-ERR no\r\n:-7\r\n$5\r\nhe\r\nl\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
      "*3\r\n:1\r\n*2\r\n+a\r\n$1\r\nb\r\n$-1\r\n:2\r\n";
  const std::string whole = read(kText, kText.size());
  EXPECT_EQ(whole, "+OK;-ERR no;:-7;\"he\r\nl\";\"\";nil;nil;[0];[3]:1[2]+a\"b\"nil;:2;");
  for (std::size_t cut = 1; cut < kText.size(); ++cut) EXPECT_EQ(read(kText, cut), whole) << cut;
}

TEST(ReplyReader, RefusesWhatIsNoReply) {
  for (const std::string_view text :
       {"hello\r\n", "\r\n", "+OK\n", ":\r\n", ":x\r\n", ":99999999999999999999\r\n", "$-2\r\n",
        "$3\r\nabcd\r\n", "$x\r\n", "*-2\r\n", "*99999999999\r\n", "$99999999999\r\n"}) {
    EXPECT_TRUE(read(text, text.size()).ends_with("!")) << text;
    EXPECT_TRUE(read(text, 1).ends_with("!")) << text;
  }
  std::string deep;
  for (int i = 0; i < 17; ++i) deep += "*1\r\n";
  EXPECT_EQ(read(deep, deep.size()), "!");
  const std::string line = "+" + std::string(70'000, 'x');
  EXPECT_EQ(read(line, 1000), "!");
}

TEST(ReplyReader, DropsWhatIsTooLargeAndGoesOn) {
  const std::string large = "$2000\r\n" + std::string(2000, 'x') + "\r\n+next\r\n";
  for (const std::size_t cut : {1ul, 7ul, 3000ul}) {
    EXPECT_EQ(read(large, cut), "(too large);+next;") << cut;
  }
  std::string many = "*1000\r\n";
  for (int i = 0; i < 1000; ++i) many += ":1\r\n";
  EXPECT_EQ(read(many + "+next\r\n", 11), "(too large);+next;");
  EXPECT_EQ(read("*3\r\n$900\r\n" + std::string(900, 'y') + "\r\n$900\r\n" + std::string(900, 'y') +
                     "\r\n:1\r\n:2\r\n",
                 13),
            "(too large);:2;");
}

TEST(ReplyReader, TextsAreUtf8) {
  EXPECT_EQ(read("+\xc3\xa9\r\n-\xff!\r\n", 100), "+\xc3\xa9;-?!;");
}

TEST(ReplyReader, CommandsAreArraysOfStrings) {
  Bytes out;
  append_command(out, {"SET", "a b", ""});
  EXPECT_EQ(as_text(out), "*3\r\n$3\r\nSET\r\n$3\r\na b\r\n$0\r\n\r\n");
}

}  // namespace
}  // namespace theater::hosts::redis
