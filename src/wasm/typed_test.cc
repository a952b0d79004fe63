// Must hold: a C++ signature is its WIT type; arguments reach the method uncopied; what does not
// decode never calls it.
#include "wasm/typed.h"

#include <gtest/gtest.h>

#include "wasm/binary.h"

namespace theater::wasm {
namespace {

enum class Reason { kDenied, kFull, kOther };
struct Message {
  std::uint64_t id = 0;
  ByteSpan body;
  std::optional<std::string> note;
  static constexpr auto wit_members() {
    return std::tuple{field("id", &Message::id), field("body", &Message::body),
                      field("note", &Message::note)};
  }
};
struct Event {
  static constexpr std::array<std::string_view, 3> kWitCases{"opened", "message", "closed"};
  std::variant<std::monostate, Message, std::int16_t> value;
};
struct Options {
  static constexpr std::array<std::string_view, 9> kWitFlags{"a", "b", "c", "d", "e",
                                                             "f", "g", "h", "i"};
  std::uint32_t bits = 0;
};

}  // namespace

template <>
struct WitLabels<Reason> {
  static constexpr std::array<std::string_view, 3> kLabels{"denied", "full", "other"};
};

namespace {

struct Context {
  int calls = 0;
};

struct Family {
  std::expected<std::uint32_t, Reason> send(Context& context, ConnectionId to, ByteSpan body) {
    ++context.calls;
    seen = body;
    if (to.value == 0) return std::unexpected(Reason::kFull);
    return static_cast<std::uint32_t>(body.size());
  }
  void log(const std::string_view& text) { logged = text; }
  std::vector<Event> echo(std::vector<Event> events) const { return events; }
  std::expected<void, std::string> check(std::tuple<float, double, char32_t> numbers, Options) {
    if (std::get<2>(numbers) == U'!') return std::unexpected("no");
    return {};
  }

  ByteSpan seen;
  std::string logged;
};

std::int64_t negate(std::int64_t number) { return -number; }

TEST(Typed, SignaturesAreWitTypes) {
  EXPECT_EQ(to_wit(signature_of<&Family::send>()),
            "func(u64, list<u8>) -> result<u32, enum { denied, full, other }>");
  EXPECT_EQ(to_wit(signature_of<&Family::log>()), "func(string)");
  const std::string event =
      "variant { opened, message(record { id: u64, body: list<u8>, note: option<string> }), "
      "closed(s16) }";
  EXPECT_EQ(to_wit(signature_of<&Family::echo>()),
            "func(list<" + event + ">) -> list<" + event + ">");
  EXPECT_EQ(to_wit(signature_of<&Family::check>()),
            "func(tuple<f32, f64, char>, flags { a, b, c, d, e, f, g, h, i }) -> "
            "result<_, string>");
  EXPECT_EQ(to_wit(signature_of<&negate>()), "func(s64) -> s64");
}

TEST(Typed, AMismatchPrintsBothTypes) {
  FunctionType wanted = signature_of<&Family::log>();
  wanted.parameters[0].name = "text";
  EXPECT_TRUE(check_signature<&Family::log>(wanted));
  wanted.parameters[0].type = Type::list(Kind::kU8);
  EXPECT_EQ(check_signature<&Family::log>(wanted).error().message,
            "the component wants func(text: list<u8>) but the host offers func(string)");
  EXPECT_FALSE(check_signature<&Family::log>(signature_of<&Family::send>()));
  wanted = signature_of<&Family::log>();
  wanted.result = Kind::kBool;
  EXPECT_FALSE(check_signature<&Family::log>(wanted));
}

TEST(Typed, ArgumentsPointIntoTheInput) {
  Family family;
  Context context;
  Bytes result;
  const Bytes arguments = from_hex("0503616263").value();
  ASSERT_TRUE(invoke_typed<&Family::send>(arguments, result, family, context));
  EXPECT_EQ(to_hex(result), "0003");
  EXPECT_EQ(family.seen.data(), arguments.data() + 2);
  EXPECT_EQ(context.calls, 1);

  result.clear();
  ASSERT_TRUE(invoke_typed<&Family::send>(Bytes{0, 0}, result, family, context));
  EXPECT_EQ(to_hex(result), "0101");
}

TEST(Typed, MalformedArgumentsDoNotCall) {
  Family family;
  Context context;
  Bytes result;
  for (const char* hex : {"", "05", "0502", "05016162", "8000", "850001"}) {
    const auto status = invoke_typed<&Family::send>(from_hex(hex).value(), result, family, context);
    EXPECT_EQ(status.error().code, Code::kInvalid) << hex;
  }
  EXPECT_EQ(context.calls, 0);
  EXPECT_TRUE(result.empty());
}

TEST(Typed, FunctionsWithoutResultAnswerNothing) {
  Family family;
  Bytes result;
  ASSERT_TRUE(invoke_typed<&Family::log>(Bytes{2, 'h', 'i'}, result, family));
  EXPECT_EQ(family.logged, "hi");
  EXPECT_TRUE(result.empty());
  ASSERT_TRUE(invoke_typed<&negate>(Bytes{1}, result));
  EXPECT_EQ(to_hex(result), "7f");
}

TEST(Typed, CompoundValuesComeBackEqual) {
  const Type events = type_of<std::vector<Event>>();
  const Value value(Value::Items{
      Value::choice(0),
      Value::choice(
          1, Value(Value::Items{Value(300u), Value(Bytes{1, 2}), Value::choice(1, Value("n"))})),
      Value::choice(2, Value(-300))});
  const Bytes arguments = encode(value, events).value();
  Bytes result;
  Family family;
  ASSERT_TRUE(invoke_typed<&Family::echo>(arguments, result, family));
  EXPECT_EQ(to_hex(result), to_hex(arguments));
}

TEST(Typed, FlagsTuplesAndResultsCross) {
  Family family;
  Bytes result;
  const Bytes good = from_hex(
                         "0000803f"
                         "000000000000f83f"
                         "21"
                         "ff01")
                         .value();
  ASSERT_TRUE(invoke_typed<&Family::check>(good, result, family));
  EXPECT_EQ(to_hex(result), "01026e6f");
  Bytes spoilt = good;
  spoilt.back() = 2;
  EXPECT_FALSE(invoke_typed<&Family::check>(spoilt, result, family));
  EXPECT_EQ(to_hex(to_binary(Options{0x101})), "0101");
}

template <typename T>
void round_trip(const T& value, Kind kind) {
  EXPECT_EQ(type_of<T>(), Type(kind));
  EXPECT_EQ(from_binary<T>(to_binary(value)).value(), value);
}

TEST(Typed, ScalarsTextsAndBytesComeBackEqual) {
  round_trip(true, Kind::kBool);
  round_trip(std::int8_t{-7}, Kind::kS8);
  round_trip(std::uint8_t{200}, Kind::kU8);
  round_trip(std::int16_t{-300}, Kind::kS16);
  round_trip(std::uint16_t{300}, Kind::kU16);
  round_trip(std::int32_t{-70'000}, Kind::kS32);
  round_trip(std::uint32_t{70'000}, Kind::kU32);
  round_trip(INT64_MIN, Kind::kS64);
  round_trip(UINT64_MAX, Kind::kU64);
  round_trip(0.5F, Kind::kF32);
  round_trip(0.1, Kind::kF64);
  round_trip(U'\U0001f600', Kind::kChar);
  round_trip(std::string("text"), Kind::kString);
  EXPECT_EQ(to_binary(std::string_view("text")), to_binary(std::string("text")));
  EXPECT_EQ(type_of<Bytes>(), Type::list(Kind::kU8));
  EXPECT_EQ(from_binary<Bytes>(to_binary(Bytes{1, 2})).value(), (Bytes{1, 2}));
}

TEST(Typed, UnknownCasesAndLabelsAreRefused) {
  EXPECT_FALSE(from_binary<Reason>(Bytes{3}));
  EXPECT_EQ(from_binary<Reason>(Bytes{2}).value(), Reason::kOther);
  EXPECT_FALSE(from_binary<Event>(Bytes{3}));
  EXPECT_FALSE(from_binary<bool>(Bytes{2}));
  EXPECT_FALSE(from_binary<std::vector<std::uint16_t>>(Bytes{3, 1, 1}));
}

}  // namespace
}  // namespace theater::wasm
