// WAVE text to values, directed by the type.
#include <charconv>
#include <concepts>
#include <limits>
#include <optional>

#include "wasm/value_limits.h"
#include "wasm/wave.h"
#include "wasm/wave_lexer.h"
#include "wasm/wave_words.h"

namespace theater::wasm {

namespace {

/// Parses one value; recursion is as deep as the type.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<Value> whole(const Type& type) {
    TRY(Value value, parse(type));
    if (!lexer_.at_end()) return lexer_.refuse("expected the end of the text");
    return value;
  }

 private:
  Result<Value> parse(const Type& type) {
    switch (type.kind()) {
      case Kind::kBool:
        return truth();
      case Kind::kS8:
        return integer<std::int8_t>();
      case Kind::kS16:
        return integer<std::int16_t>();
      case Kind::kS32:
        return integer<std::int32_t>();
      case Kind::kS64:
        return integer<std::int64_t>();
      case Kind::kU8:
        return integer<std::uint8_t>();
      case Kind::kU16:
        return integer<std::uint16_t>();
      case Kind::kU32:
        return integer<std::uint32_t>();
      case Kind::kU64:
        return integer<std::uint64_t>();
      case Kind::kF32:
        return floating<float>();
      case Kind::kF64:
        return floating<double>();
      case Kind::kChar:
        return character();
      case Kind::kString:
        return text();
      case Kind::kList:
        return list(type);
      case Kind::kRecord:
        return record(type);
      case Kind::kTuple:
        return tuple(type);
      case Kind::kFlags:
        return flags(type);
      case Kind::kOption:
        return option(type);
      case Kind::kResult:
        return result(type);
      case Kind::kVariant:
      case Kind::kEnum:
        return variant(type);
      default:
        return handle();
    }
  }

  bool take_keyword(std::string_view keyword) {
    if (lexer_.peek_word() != keyword) return false;
    lexer_.take_word(keyword);
    return true;
  }

  Result<Value> truth() {
    if (take_keyword("true")) return Value(true);
    if (take_keyword("false")) return Value(false);
    return lexer_.refuse("expected true or false");
  }

  /// The whole token as a T.
  template <typename T>
  Result<T> number() {
    WaveLexer ahead = lexer_;  // errors point at the start of the token
    TRY(const std::string_view token, ahead.number());
    T value{};
    const char* const end = token.data() + token.size();
    const auto [stop, error] = std::from_chars(token.data(), end, value);
    if (error == std::errc::result_out_of_range) return lexer_.refuse("number out of range");
    if (error != std::errc{} || stop != end) {
      return lexer_.refuse(token.starts_with('-') ? "expected a natural number"
                                                  : "expected a whole number");
    }
    lexer_ = ahead;
    return value;
  }

  template <std::integral T>
  Result<Value> integer() {
    TRY(const T value, number<T>());
    return Value(value);
  }

  template <std::floating_point T>
  Result<Value> floating() {
    if (take_keyword("nan")) return Value(std::numeric_limits<T>::quiet_NaN());
    if (take_keyword("inf")) return Value(std::numeric_limits<T>::infinity());
    WaveLexer ahead = lexer_;
    if (ahead.take("-") && ahead.peek_word() == "inf") {
      ahead.take_word("inf");
      lexer_ = ahead;
      return Value(-std::numeric_limits<T>::infinity());
    }
    TRY(const T value, number<T>());
    return Value(value);
  }

  Result<Value> character() {
    TRY(const char32_t scalar, lexer_.character());
    return Value(scalar);
  }

  Result<Value> text() {
    TRY(std::string string, lexer_.string());
    return Value(std::move(string));
  }

  Result<Value> handle() {
    TRY_OK(lexer_.expect("#"));
    TRY(const auto id, number<std::uint64_t>());
    return Value(Value::Handle{id});
  }

  /// After an item: whether another one follows. A comma may stand before the closing mark.
  Result<bool> another(std::string_view closing) {
    if (lexer_.take(closing)) return false;
    TRY_OK(lexer_.expect(","));
    return !lexer_.take(closing);
  }

  Result<Value> list(const Type& type) {
    if (type.is_bytes()) {
      TRY(auto raw, lexer_.bytes());
      if (raw) return Value(*std::move(raw));
    }
    TRY_OK(lexer_.expect("["));
    Bytes bytes;
    Value::Items items;
    bool more = !lexer_.take("]");
    while (more) {
      if (type.is_bytes()) {
        TRY(const auto byte, number<std::uint8_t>());
        bytes.push_back(byte);
      } else {
        TRY(Value item, parse(type.element()));
        items.push_back(std::move(item));
      }
      TRY(more, another("]"));
    }
    return type.is_bytes() ? Value(std::move(bytes)) : Value(std::move(items));
  }

  Result<Value> tuple(const Type& type) {
    TRY_OK(lexer_.expect("("));
    Value::Items items;
    bool more = !lexer_.take(")");
    for (const Member& member : type.members()) {
      if (!more) return lexer_.refuse("the tuple has too few elements");
      TRY(Value item, parse(*member.type));
      items.push_back(std::move(item));
      TRY(more, another(")"));
    }
    if (more) return lexer_.refuse("the tuple has too many elements");
    return Value(std::move(items));
  }

  /// The member a label names. Where only labels can stand, keywords need no "%".
  enum class Keywords { kPlain, kEscaped };
  Result<std::size_t> label(const Type& type, Keywords keywords) {
    const std::string_view word = lexer_.peek_word();
    if (word.empty()) return lexer_.refuse("expected a name");
    if (keywords == Keywords::kEscaped && is_wave_keyword(word)) {
      return lexer_.refuse(fmt::format("write %{0} for the case {0}", word));
    }
    const auto found = type.find_member(word.starts_with('%') ? word.substr(1) : word);
    if (!found) return lexer_.refuse(fmt::format("{} is not in {}", word, to_wit(type)));
    lexer_.take_word(word);
    return *found;
  }

  Result<Value> record(const Type& type) {
    TRY_OK(lexer_.expect("{"));
    std::vector<std::optional<Value>> given(type.members().size());
    bool more = !lexer_.take("}");
    if (more && lexer_.take(":")) {
      TRY_OK(lexer_.expect("}"));
      more = false;
    }
    while (more) {
      WaveLexer before = lexer_;
      TRY(const std::size_t index, label(type, Keywords::kPlain));
      if (given[index]) return before.refuse("the field is given twice");
      TRY_OK(lexer_.expect(":"));
      TRY(given[index], parse(*type.members()[index].type));
      TRY(more, another("}"));
    }
    Value::Items items;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const Member& field = type.members()[i];
      if (!given[i] && field.type->kind() != Kind::kOption) {
        return lexer_.refuse(fmt::format("the field {} is missing", field.name));
      }
      items.push_back(given[i] ? std::move(*given[i]) : Value::choice(0));
    }
    return Value(std::move(items));
  }

  Result<Value> flags(const Type& type) {
    TRY_OK(lexer_.expect("{"));
    std::uint32_t bits = 0;
    bool more = !lexer_.take("}");
    while (more) {
      WaveLexer before = lexer_;
      TRY(const std::size_t index, label(type, Keywords::kPlain));
      if (index >= kFlagsMax) return before.refuse("more than 32 flags");
      if ((bits >> index & 1) != 0) return before.refuse("the flag is given twice");
      bits |= 1u << index;
      TRY(more, another("}"));
    }
    return Value(Value::Flags{bits});
  }

  Result<Value> payload(std::size_t index, const Type& type) {
    const auto& wanted = type.members()[index].type;
    const auto number = static_cast<std::uint32_t>(index);
    if (!wanted) return Value::choice(number);
    TRY_OK(lexer_.expect("("));
    TRY(Value value, parse(*wanted));
    TRY_OK(lexer_.expect(")"));
    return Value::choice(number, std::move(value));
  }

  Result<Value> variant(const Type& type) {
    TRY(const std::size_t index, label(type, Keywords::kEscaped));
    return payload(index, type);
  }

  /// The payload without its keyword, allowed where it cannot be taken for one.
  Result<Value> flat(std::uint32_t index, const Type& type, std::string_view expected) {
    const auto& wanted = type.members()[index].type;
    if (!wanted || wanted->kind() == Kind::kOption || wanted->kind() == Kind::kResult) {
      return lexer_.refuse(expected);
    }
    TRY(Value value, parse(*wanted));
    return Value::choice(index, std::move(value));
  }

  Result<Value> option(const Type& type) {
    if (take_keyword("none")) return Value::choice(0);
    if (take_keyword("some")) return payload(1, type);
    return flat(1, type, "expected some(...) or none");
  }

  Result<Value> result(const Type& type) {
    if (take_keyword("ok")) return payload(0, type);
    if (take_keyword("err")) return payload(1, type);
    return flat(0, type, "expected ok or err");
  }

  WaveLexer lexer_;
};

}  // namespace

Result<Value> from_wave(std::string_view text, const Type& type) {
  if (type.depth() > kTypeDepthMax) return fail(Code::kTooLarge, "type is nested too deep");
  return Parser(text).whole(type);
}

}  // namespace theater::wasm
