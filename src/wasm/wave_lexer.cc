// Tokens of WAVE text.
#include "wasm/wave_lexer.h"

#include <charconv>
#include <vector>

#include "wasm/utf8.h"

namespace theater::wasm {

namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_word_letter(char letter) {
  return is_digit(letter) || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

void append_scalar(std::string& out, char32_t scalar) {
  std::uint8_t buffer[4];
  out.append(reinterpret_cast<const char*>(buffer), encode_scalar(scalar, buffer));
}

}  // namespace

void WaveLexer::skip_blank() {
  while (position_ < text_.size()) {
    const char letter = text_[position_];
    if (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r') {
      ++position_;
    } else if (next_is("//")) {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else {
      return;
    }
  }
}

bool WaveLexer::take(std::string_view mark) {
  skip_blank();
  if (!next_is(mark)) return false;
  position_ += mark.size();
  return true;
}

Status WaveLexer::expect(std::string_view mark) {
  if (take(mark)) return {};
  return refuse(fmt::format("expected \"{}\"", mark));
}

bool WaveLexer::at_end() {
  skip_blank();
  return position_ == text_.size();
}

std::unexpected<Error> WaveLexer::refuse(std::string_view reason) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (const char letter : text_.substr(0, position_)) {
    if (letter == '\n') {
      ++line;
      column = 1;
    } else if ((letter & 0xc0) != 0x80) {
      ++column;
    }
  }
  return fail(Code::kInvalid, "line {} column {}: {}", line, column, reason);
}

std::string_view WaveLexer::peek_word() {
  skip_blank();
  std::size_t end = position_;
  if (end < text_.size() && text_[end] == '%') ++end;
  if (end == text_.size() || !is_word_letter(text_[end]) || is_digit(text_[end])) return {};
  const auto hyphen_inside = [&] {
    return text_[end] == '-' && end + 1 < text_.size() && is_word_letter(text_[end + 1]);
  };
  while (end < text_.size() && (is_word_letter(text_[end]) || hyphen_inside())) ++end;
  return text_.substr(position_, end - position_);
}

std::size_t WaveLexer::digits() {
  const std::size_t start = position_;
  while (position_ < text_.size() && is_digit(text_[position_])) ++position_;
  return position_ - start;
}

Result<std::string_view> WaveLexer::number() {
  skip_blank();
  const std::size_t start = position_;
  const auto refuse_here = [&](std::string_view reason) {
    position_ = start;
    return refuse(reason);
  };
  if (next_is("-")) ++position_;
  const bool leading_zero = next_is("0");
  const std::size_t whole = digits();
  if (whole == 0) return refuse_here("expected a number");
  if (leading_zero && whole > 1) return refuse_here("a number has no leading zeros");
  if (next_is(".")) {
    ++position_;
    if (digits() == 0) return refuse_here("expected digits after the decimal point");
  }
  if (next_is("e") || next_is("E")) {
    ++position_;
    if (next_is("+") || next_is("-")) ++position_;
    if (digits() == 0) return refuse_here("expected digits in the exponent");
  }
  if (position_ < text_.size() && is_word_letter(text_[position_])) {
    return refuse_here("expected a number");
  }
  return text_.substr(start, position_ - start);
}

Result<char32_t> WaveLexer::hexadecimal_escape() {
  const std::size_t close = text_.find('}', position_);
  if (!next_is("{") || close == std::string_view::npos) return refuse("expected \\u{...}");
  const std::string_view digits = text_.substr(position_ + 1, close - position_ - 1);
  std::uint32_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number, 16);
  if (digits.empty() || digits.size() > 6 || stop != end || error != std::errc{} ||
      !is_scalar_value(number)) {
    return refuse("no Unicode scalar value");
  }
  position_ = close + 1;
  return number;
}

Result<char32_t> WaveLexer::escape() {
  const char letter = position_ < text_.size() ? text_[position_] : '\0';
  ++position_;
  switch (letter) {
    case '\\':
    case '"':
    case '\'':
      return static_cast<char32_t>(letter);
    case 't':
      return U'\t';
    case 'n':
      return U'\n';
    case 'r':
      return U'\r';
    case 'u':
      return hexadecimal_escape();
    default:
      --position_;
      return refuse("unknown escape");
  }
}

Result<char32_t> WaveLexer::letter() {
  if (next_is("\\")) {
    ++position_;
    return escape();
  }
  const ByteSpan rest = as_bytes(text_.substr(position_));
  const DecodedScalar decoded = decode_scalar(rest.data(), rest.data() + rest.size());
  if (decoded.length == 0) return refuse(rest.empty() ? "unexpected end" : "not valid UTF-8");
  position_ += decoded.length;
  return decoded.scalar;
}

Result<char32_t> WaveLexer::character() {
  TRY_OK(expect("'"));
  if (next_is("'") || next_is("\n")) return refuse("expected a character");
  TRY(const char32_t scalar, letter());
  if (!next_is("'")) return refuse("expected \"'\" after one character");
  ++position_;
  return scalar;
}

Result<std::string> WaveLexer::string() {
  TRY_OK(expect("\""));
  if (next_is("\"\"")) {
    position_ += 2;
    return block();
  }
  std::string out;
  while (!next_is("\"")) {
    if (next_is("\n")) return refuse("a string ends on its line; use \"\"\" for several lines");
    TRY(const char32_t scalar, letter());
    append_scalar(out, scalar);
  }
  ++position_;
  return out;
}

Result<std::uint8_t> WaveLexer::byte() {
  if (next_is("\\x")) {
    const auto raw = from_hex(text_.substr(position_ + 2, 2));
    if (!raw || raw->size() != 1) return refuse("expected two hexadecimal digits after \\x");
    position_ += 4;
    return raw->front();
  }
  const std::size_t start = position_;
  TRY(const char32_t scalar, letter());
  if (scalar < 0x80) return static_cast<std::uint8_t>(scalar);
  position_ = start;
  return refuse("a byte beyond ASCII is written \\xNN");
}

Result<std::optional<Bytes>> WaveLexer::bytes() {
  if (!take("b\"")) return std::nullopt;
  Bytes out;
  while (!next_is("\"")) {
    if (next_is("\n")) return refuse("a byte string ends on its line");
    TRY(const std::uint8_t next, byte());
    out.push_back(next);
  }
  ++position_;
  return out;
}

/// After the opening triple quotes: lines that share the indentation of the closing quotes.
Result<std::string> WaveLexer::block() {
  if (next_is("\r\n")) ++position_;
  if (!next_is("\n")) return refuse("expected a line break after \"\"\"");
  ++position_;
  std::size_t close = position_;
  while (close < text_.size() && !text_.substr(close).starts_with("\"\"\"")) {
    close += text_[close] == '\\' ? 2 : 1;
  }
  if (close >= text_.size()) return refuse("expected a closing \"\"\"");
  const std::size_t last_line = text_.rfind('\n', close) + 1;
  const std::string_view indentation = text_.substr(last_line, close - last_line);
  if (indentation.find_first_not_of(' ') != std::string_view::npos) {
    position_ = close;
    return refuse("the closing \"\"\" stands on a line of its own");
  }
  std::string out;
  while (position_ < last_line) {
    if (!next_is(indentation)) return refuse("a line is indented less than the closing \"\"\"");
    position_ += indentation.size();
    while (!next_is("\n") && !next_is("\r\n")) {
      TRY(const char32_t scalar, letter());
      append_scalar(out, scalar);
    }
    position_ += next_is("\n") ? 1 : 2;
    if (position_ < last_line) out += '\n';
  }
  position_ = close + 3;
  return out;
}

}  // namespace theater::wasm
