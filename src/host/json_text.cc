// JSON strings: what must be escaped, and nothing else.
#include "host/json_text.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "wasm/utf8.h"

namespace theater::host {

namespace {

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  } else {
    out += c;
  }
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  out += '"';
  const ByteSpan bytes = as_bytes(text);
  const std::uint8_t* cursor = bytes.data();
  const std::uint8_t* const end = cursor + bytes.size();
  while (cursor != end) {
    const wasm::DecodedScalar decoded = wasm::decode_scalar(cursor, end);
    if (decoded.length == 0) {
      out += "\\ufffd";
      ++cursor;
    } else if (decoded.length == 1) {
      append_ascii(out, static_cast<char>(*cursor++));
    } else if (decoded.scalar < 0xa0) {  // a terminal obeys these too
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(decoded.scalar));
      cursor += decoded.length;
    } else {
      out.append(reinterpret_cast<const char*>(cursor), decoded.length);
      cursor += decoded.length;
    }
  }
  out += '"';
}

}  // namespace theater::host
