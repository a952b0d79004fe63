// The state codec's integers and bounds; see codec.h.
#include "theater/codec.h"

namespace theater {

void Writer::unsigned_integer(std::uint64_t value) {
  std::uint8_t* out = room(10);
  while (value >= 0x80) {
    *out++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<std::uint8_t>(value);
  size_ = static_cast<std::size_t>(out - buffer_.data());
}

void Writer::signed_integer(std::int64_t value) {
  for (;;) {
    const auto low = static_cast<std::uint8_t>(value & 0x7f);
    value >>= 7;
    const bool last = (value == 0 && (low & 0x40) == 0) || (value == -1 && (low & 0x40) != 0);
    byte(last ? low : low | 0x80);
    if (last) return;
  }
}

std::uint8_t Reader::byte() {
  if (rest_.empty()) failed_ = true;
  if (failed_) return 0;
  const std::uint8_t value = rest_[0];
  rest_ = rest_.subspan(1);
  return value;
}

std::uint64_t Reader::unsigned_integer() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte();
    if (shift == 63 && next > 1) break;
    value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
    if ((next & 0x80) != 0) continue;
    if (next == 0 && shift > 0) break;  // a shorter form exists
    return value;
  }
  failed_ = true;
  return 0;
}

std::int64_t Reader::signed_integer() {
  std::uint64_t value = 0;
  std::uint8_t previous = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte();
    if (shift == 63 && next != 0 && next != 0x7f) break;
    value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
    if ((next & 0x80) == 0) {
      const bool padded = shift > 0 && ((next == 0 && (previous & 0x40) == 0) ||
                                        (next == 0x7f && (previous & 0x40) != 0));
      if (padded) break;
      if (shift < 57 && (next & 0x40) != 0) value |= ~std::uint64_t{0} << (shift + 7);
      return static_cast<std::int64_t>(value);
    }
    previous = next;
  }
  failed_ = true;
  return 0;
}

BytesView Reader::raw(std::uint64_t bytes) {
  if (bytes > rest_.size()) failed_ = true;
  if (failed_) return {};
  const BytesView taken = rest_.first(static_cast<std::size_t>(bytes));
  rest_ = rest_.subspan(taken.size());
  return taken;
}

std::size_t Reader::count() {
  const std::uint64_t count = unsigned_integer();
  if (count > rest_.size()) failed_ = true;
  return failed_ ? 0 : static_cast<std::size_t>(count);
}

}  // namespace theater
