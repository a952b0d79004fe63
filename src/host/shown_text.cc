// Shown text: what is a control character, and how it is written instead.
#include "host/shown_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "wasm/utf8.h"

namespace theater::host {

namespace {

bool is_control(char32_t c) { return (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0); }

}  // namespace

void append_shown(std::string& out, std::string_view text) {
  ByteSpan rest = as_bytes(text);
  while (!rest.empty()) {
    const auto decoded = wasm::decode_scalar(rest.data(), rest.data() + rest.size());
    const ByteSpan scalar = rest.first(std::max<std::size_t>(decoded.length, 1));
    rest = rest.subspan(scalar.size());
    if (scalar[0] == '\n') {
      out += "\\n";
    } else if (decoded.length == 0 || is_control(decoded.scalar)) {
      for (const std::uint8_t byte : scalar) out += fmt::format("\\x{:02x}", byte);
    } else {
      out += as_text(scalar);
    }
  }
}

}  // namespace theater::host
