// Numbers and characters of the canonical binary form.
#include "wasm/binary_writer.h"

#include "wasm/leb128.h"
#include "wasm/utf8.h"

namespace theater::wasm {

void BinaryWriter::unsigned_number(std::uint64_t value) {
  if (value < 0x80) return out_.push_back(static_cast<std::uint8_t>(value));
  std::uint8_t buffer[kLebBytesMax];
  out_.insert(out_.end(), buffer, write_unsigned(buffer, value));
}

void BinaryWriter::signed_number(std::int64_t value) {
  std::uint8_t buffer[kLebBytesMax];
  out_.insert(out_.end(), buffer, write_signed(buffer, value));
}

void BinaryWriter::character(char32_t scalar) {
  std::uint8_t buffer[4];
  out_.insert(out_.end(), buffer, buffer + encode_scalar(scalar, buffer));
}

}  // namespace theater::wasm
