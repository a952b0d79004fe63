// Must hold: WAVE text of a value parses back to that value, and text that is no value of the type
// is refused at the right place.
#include "wasm/wave.h"

#include <gtest/gtest.h>

#include "wasm/testing/random_value.h"

namespace theater::wasm {
namespace {

TEST(Wave, RandomValuesComeBackEqual) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    testing::RandomValues random(seed);
    const Type type = random.type(4);
    const Value value = random.value(type);
    const std::string text = to_wave(value, type);
    const auto parsed = from_wave(text, type);
    ASSERT_TRUE(parsed) << "seed " << seed << ": " << text << ": " << parsed.error().message;
    ASSERT_EQ(*parsed, value) << "seed " << seed << ": " << text;
  }
}

const Type kPoint = Type::record({{"x", Type(Kind::kS32)},
                                  {"note", Type::option(Kind::kString)},
                                  {"ok", Type::option(Kind::kU8)}});
const Type kShape =
    Type::variant({{"dot", std::nullopt}, {"circle", Type(Kind::kF64)}, {"none", std::nullopt}});
const Type kColours = Type::flags({"red", "dark-green", "err"});

struct Printed {
  Type type;
  std::string text;   // accepted
  std::string again;  // printed
};

TEST(Wave, AcceptsWhatTheGrammarAcceptsAndPrintsOneForm) {
  const std::vector<Printed> table{
      {Kind::kBool, " true // yes", "true"},
      {Kind::kS8, "-128", "-128"},
      {Kind::kF32, "1e3", "1000"},
      {Kind::kF64, "-inf", "-inf"},
      {Kind::kF64, "nan", "nan"},
      {Kind::kF64, "-0.0", "-0"},
      {Kind::kChar, "'\\u{1F600}'", "'\xf0\x9f\x98\x80'"},
      {Kind::kChar, "'\\''", "'\\''"},
      {Kind::kString, "\"a\\tb\\\"\\u{7}'\"", "\"a\\tb\\\"\\u{7}'\""},
      {Kind::kString, "\"\"\"\n  one\n    \\\"two\n  \"\"\"", "\"one\\n  \\\"two\""},
      {Kind::kString, "\"\"\"\n\"\"\"", "\"\""},
      {Type::list(Kind::kU8), "[1, 2,255 ,]", "b\"\\x01\\x02\\xff\""},
      {Type::list(Kind::kU8), "b\"GET /\\\\\\x00\\n\"", "b\"GET /\\\\\\x00\\n\""},
      {Type::list(Kind::kU8), "[]", "b\"\""},
      {Type::list(Kind::kU16), "[1, 2]", "[1, 2]"},
      {Type::list(Kind::kBool), "[]", "[]"},
      {Type::tuple({Kind::kU8, Kind::kString}), "(1,\"a\",)", "(1, \"a\")"},
      {kPoint, "{ note: some(\"n\"), x: -1 }", "{x: -1, note: some(\"n\")}"},
      {kPoint, "{x: 0, %ok: 3}", "{x: 0, %ok: some(3)}"},
      {kPoint, "{x: 0, ok: none}", "{x: 0}"},
      {Type::record({{"a", Type::option(Kind::kU8)}}), "{:}", "{:}"},
      {Type::record({{"a", Type::option(Kind::kU8)}}), "{}", "{:}"},
      {kShape, "circle( 2.5 )", "circle(2.5)"},
      {kShape, "%none", "%none"},
      {kColours, "{dark-green, %err}", "{dark-green, %err}"},
      {kColours, "{}", "{}"},
      {Type::option(Kind::kString), "\"flat\"", "some(\"flat\")"},
      {Type::option(kShape), "none", "none"},
      {Type::option(kShape), "%none", "some(%none)"},
      {Type::option(Type::option(Kind::kU8)), "some(some(1))", "some(some(1))"},
      {Type::result(Kind::kU8, std::nullopt), "7", "ok(7)"},
      {Type::result(Kind::kU8, std::nullopt), "err", "err"},
      {Type::result(std::nullopt, Kind::kString), "ok", "ok"},
      {Type::own(0, "file"), "#42", "#42"},
  };
  for (const Printed& row : table) {
    const auto value = from_wave(row.text, row.type);
    ASSERT_TRUE(value) << row.text << ": " << value.error().message;
    EXPECT_EQ(to_wave(*value, row.type), row.again);
  }
}

struct Refused {
  Type type;
  std::string text;
  std::string message;
};

TEST(Wave, RefusesTheRestWithThePlace) {
  const std::vector<Refused> table{
      {Kind::kBool, "yes", "line 1 column 1: expected true or false"},
      {Kind::kBool, "true\n  true", "line 2 column 3: expected the end of the text"},
      {Kind::kU8, "256", "line 1 column 1: number out of range"},
      {Kind::kU8, "-1", "line 1 column 1: expected a natural number"},
      {Kind::kS32, "1.5", "line 1 column 1: expected a whole number"},
      {Kind::kS32, "01", "line 1 column 1: a number has no leading zeros"},
      {Kind::kS32, "1x", "line 1 column 1: expected a number"},
      {Kind::kF32, "1e99", "line 1 column 1: number out of range"},
      {Kind::kF64, "1.", "line 1 column 1: expected digits after the decimal point"},
      {Kind::kChar, "''", "line 1 column 2: expected a character"},
      {Kind::kChar, "'ab'", "line 1 column 3: expected \"'\" after one character"},
      {Kind::kChar, "'\\u{d800}'", "line 1 column 4: no Unicode scalar value"},
      {Kind::kString, "\"a", "line 1 column 3: unexpected end"},
      {Kind::kString, "\"a\nb\"",
       "line 1 column 3: a string ends on its line; use \"\"\" for several lines"},
      {Kind::kString, "\"\\x\"", "line 1 column 3: unknown escape"},
      {Kind::kString, "\"\xff\"", "line 1 column 2: not valid UTF-8"},
      {Kind::kString, "\"\"\"\n a\n  \"\"\"",
       "line 2 column 1: a line is indented less than the closing \"\"\""},
      {Kind::kString, "\"\"\"\n a\"\"\"",
       "line 2 column 3: the closing \"\"\" stands on a line of its own"},
      {Kind::kString, "\"\"\"\n\\", "line 2 column 1: expected a closing \"\"\""},
      {Type::list(Kind::kU8), "b\"\\xg0\"",
       "line 1 column 3: expected two hexadecimal digits after \\x"},
      {Type::list(Kind::kU8), "b\"\xc3\xa9\"",
       "line 1 column 3: a byte beyond ASCII is written \\xNN"},
      {Type::list(Kind::kU8), "b\"a", "line 1 column 4: unexpected end"},
      {Type::list(Kind::kU8), "[1 2]", "line 1 column 4: expected \",\""},
      {Type::list(Kind::kU8), "[,]", "line 1 column 2: expected a number"},
      {Type::tuple({Kind::kU8, Kind::kU8}), "(1)",
       "line 1 column 4: the tuple has too few elements"},
      {Type::tuple({Kind::kU8}), "(1, 2)", "line 1 column 5: the tuple has too many elements"},
      {kPoint, "{x: 1, x: 2}", "line 1 column 8: the field is given twice"},
      {kPoint, "{note: none}", "line 1 column 13: the field x is missing"},
      {kPoint, "{y: 1}",
       "line 1 column 2: y is not in record { x: s32, note: option<string>, ok: option<u8> }"},
      {kColours, "{red, red}", "line 1 column 7: the flag is given twice"},
      {kShape, "none", "line 1 column 1: write %none for the case none"},
      {kShape, "circle", "line 1 column 7: expected \"(\""},
      {kShape, "dot(1)", "line 1 column 4: expected the end of the text"},
      {Type::option(Type::option(Kind::kU8)), "1", "line 1 column 1: expected some(...) or none"},
      {Type::result(std::nullopt, Kind::kU8), "3", "line 1 column 1: expected ok or err"},
      {Type::own(0, "file"), "42", "line 1 column 1: expected \"#\""},
  };
  for (const Refused& row : table) {
    const auto value = from_wave(row.text, row.type);
    ASSERT_FALSE(value) << row.text;
    EXPECT_EQ(value.error().message, row.message) << row.text;
    EXPECT_EQ(value.error().code, Code::kInvalid);
  }
}

TEST(Wave, PrintsPartsThatDoNotFitAsQuestionMarks) {
  EXPECT_EQ(to_wave(Value("text"), Kind::kU8), "?");
  EXPECT_EQ(to_wave(Value(Value::Items{Value(1)}), Type::tuple({Kind::kString})), "(?)");
  EXPECT_EQ(to_wave(Value::choice(1), Type::option(Kind::kU8)), "some(?)");
}

}  // namespace
}  // namespace theater::wasm
