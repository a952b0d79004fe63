// The primitives of the plan format.
#include "wasm/plan_reader.h"

#include "wasm/utf8.h"

namespace theater::wasm {

void PlanReader::refuse(const char* reason) {
  if (reason_ == nullptr) reason_ = reason;
}

std::uint8_t PlanReader::byte() {
  if (!ok() || left() == 0) {
    refuse("the plan ends too early");
    return 0;
  }
  return bytes_[offset_++];
}

std::uint32_t PlanReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const std::uint8_t next = byte();
    value |= std::uint64_t{next & 0x7fu} << shift;
    if ((next & 0x80u) != 0) continue;
    if (value > 0xffffffffu || (next == 0 && shift != 0)) break;
    return static_cast<std::uint32_t>(value);
  }
  refuse("a number is not in its shortest form or too large");
  return 0;
}

std::uint32_t PlanReader::bounded(std::size_t bound) {
  const std::uint32_t value = number();
  if (value < bound) return value;
  refuse("an index is beyond its section");
  return 0;
}

std::uint8_t PlanReader::tag(std::uint8_t count) {
  const std::uint8_t value = byte();
  if (value < count) return value;
  refuse("unknown tag");
  return 0;
}

std::size_t PlanReader::count(std::size_t maximum) {
  const std::uint32_t value = number();
  if (value <= maximum && value <= left()) return value;
  refuse("a section has more items than it may");
  return 0;
}

std::optional<std::uint32_t> PlanReader::maybe() {
  const std::uint32_t value = number();
  if (value == 0) return std::nullopt;
  return value - 1;
}

std::string_view PlanReader::raw(std::size_t length) {
  if (!ok() || length > left()) {
    refuse("the plan ends too early");
    return {};
  }
  const std::string_view text = as_text(bytes_.subspan(offset_, length));
  offset_ += length;
  return text;
}

std::string PlanReader::text() {
  const std::string_view text = raw(number());
  if (!is_valid_utf8(as_bytes(text))) refuse("a name is not UTF-8");
  return std::string(text);
}

ByteSpan PlanReader::blob() { return as_bytes(raw(number())); }

Status PlanReader::finish() {
  if (ok() && left() != 0) refuse("bytes are left over");
  if (ok()) return {};
  return fail(Code::kCorrupt, "component plan, byte {}: {}", offset_, reason_);
}

}  // namespace theater::wasm
