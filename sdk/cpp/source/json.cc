// JSON strings; see json.h.
#include "theater/json.h"

#include <cstdint>
#include <cstring>

namespace theater {
namespace {

/// Whether any of eight bytes needs an escape; may say yes for a byte above 0x7f beside such a one.
constexpr bool any_needs_escape(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word; };
  const std::uint64_t control = (bytes - kOnes * 0x20) & ~bytes;
  return ((control | has_zero(bytes ^ (kOnes * '"')) | has_zero(bytes ^ (kOnes * '\\'))) &
          kHighs) != 0;
}

constexpr bool needs_escape(unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\';
}

/// The first place from `at` that is not in eight bytes which need no escape.
std::size_t skip_plain(std::string_view text, std::size_t at) {
  std::uint64_t bytes = 0;
  while (at + sizeof bytes <= text.size()) {
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    if (any_needs_escape(bytes)) break;
    at += sizeof bytes;
  }
  return at;
}

void append_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    i = skip_plain(text, i);
    if (i == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!needs_escape(byte)) continue;
    out.append(text, plain, i - plain);
    append_escape(out, byte);
    plain = i + 1;
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

}  // namespace theater
