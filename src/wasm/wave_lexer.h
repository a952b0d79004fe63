// WaveLexer: the tokens of WAVE text, with places for errors. Internal to the WAVE parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::wasm {

/// Walks over the text; takes what the parser asks for. Borrows the text.
class WaveLexer {
 public:
  explicit WaveLexer(std::string_view text) : text_(text) {}

  /// Skips white space and comments, then takes `mark` if it is next.
  bool take(std::string_view mark);
  /// The same, but refuses when it is not next.
  Status expect(std::string_view mark);
  /// The word next (letters, digits, inner hyphens, perhaps a leading "%"), not taken; "" if none.
  std::string_view peek_word();
  void take_word(std::string_view word) { position_ += word.size(); }
  /// A number token: sign, digits, fraction, exponent.
  Result<std::string_view> number();
  /// A character between single quotes.
  Result<char32_t> character();
  /// A string, on one line or between triple quotes.
  Result<std::string> string();
  /// b"...": ASCII, the escapes of a string but \u, and \xNN. nullopt if it is not next.
  Result<std::optional<Bytes>> bytes();
  bool at_end();

  /// "line L column C: reason", at the place of the next token.
  std::unexpected<Error> refuse(std::string_view reason);

 private:
  void skip_blank();
  bool next_is(std::string_view mark) const { return text_.substr(position_).starts_with(mark); }
  std::size_t digits();
  Result<char32_t> letter();
  Result<char32_t> escape();
  Result<char32_t> hexadecimal_escape();
  Result<std::uint8_t> byte();
  Result<std::string> block();

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace theater::wasm
