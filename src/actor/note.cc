// Notes: cutting and cleaning.
#include "actor/note.h"

#include "actor/limits.h"
#include "base/bytes.h"
#include "wasm/utf8.h"

namespace theater::actor {

std::string cut_note(std::string_view text) {
  if (text.size() > kNoteBytesMax) {
    std::size_t end = kNoteBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  if (wasm::is_valid_utf8(as_bytes(text))) return std::string(text);
  std::string ascii;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80) ascii += c;
  }
  return ascii;
}

}  // namespace theater::actor
