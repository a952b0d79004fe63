// Joined text and JSON say what was put in, whatever the characters.
#include <gtest/gtest.h>

#include "theater/json.h"

namespace theater {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(Text, JoinsParts) {
  EXPECT_EQ(concat("a", 'b', 1, " ", -2, " ", 1.5, " ", true, std::string("!")),
            "ab1 -2 1.5 true!");
  EXPECT_EQ(concat(), "");
}

TEST(Json, EscapesWhatMustBeEscapedAndNothingElse) {
  using namespace std::string_literals;
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("plain text, longer than a word"), R"("plain text, longer than a word")");
  EXPECT_EQ(json("\"\\/\n\r\t\b\x01\x1f\x7f"), "\"\\\"\\\\/\\n\\r\\t\\u0008\\u0001\\u001f\x7f\"");
  EXPECT_EQ(json("a\0b"s), R"("a\u0000b")");
  EXPECT_EQ(json("Gr\u00fc\u00dfe \U0001f600 \u2028"), "\"Gr\u00fc\u00dfe \U0001f600 \u2028\"");
}

TEST(Json, FindsAnEscapeAtEveryPlace) {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (const char special : {'"', '\\', '\n', '\x1f'}) {
        std::string text(length, '\xff');
        text[at] = special;
        const std::string got = json(text);
        EXPECT_EQ(got.find('\\'), at + 1) << length << " " << at;
      }
    }
  }
}

TEST(Json, WritesObjects) {
  EXPECT_EQ(json_object("seq", 1u, "from", concat("c", 2), "text", "\"hi\""),
            R"({"seq":1,"from":"c2","text":"\"hi\""})");
  EXPECT_EQ(json_object(), "{}");
}

}  // namespace
}  // namespace theater
