// Transcoding: each operation reads `from`, writes `to` and counts code units.
#include "wasm/transcoder.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "wasm/utf8.h"

namespace theater::wasm {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t kUtf16Tag = 0x80000000u;

std::unexpected<Trap> refuse(const char* message) {
  return std::unexpected(Trap{TrapKind::kAbi, message, ""});
}
std::unexpected<Trap> bad_utf8() { return refuse("a string is not valid UTF-8"); }
std::unexpected<Trap> bad_utf16() { return refuse("a string is not valid UTF-16"); }

/// UTF-16 code units in guest memory.
struct Units {
  std::uint8_t* bytes = nullptr;
  std::uint32_t count = 0;
  std::uint16_t at(std::uint32_t index) const {
    std::uint16_t unit;
    std::memcpy(&unit, bytes + 2 * std::size_t{index}, 2);
    return unit;
  }
  void put(std::uint32_t index, std::uint16_t unit) const {
    std::memcpy(bytes + 2 * std::size_t{index}, &unit, 2);
  }
};
using Text = std::span<std::uint8_t>;

struct Scalar {
  char32_t value = 0;
  std::uint32_t units = 0;  // 0: not valid
};
Scalar scalar_at(const Units& text, std::uint32_t index) {
  const std::uint16_t first = text.at(index);
  if (first < 0xd800 || first >= 0xe000) return {first, 1};
  if (first >= 0xdc00 || index + 1 >= text.count) return {};
  const std::uint16_t second = text.at(index + 1);
  if (second < 0xdc00 || second >= 0xe000) return {};
  return {0x10000u + ((first - 0xd800u) << 10) + (second - 0xdc00u), 2};
}

/// Copies UTF-16, checking it; answers whether every character is Latin-1.
TrapOr<bool> copy_utf16(const Units& from, const Units& to) {
  bool latin1 = true;
  for (std::uint32_t i = 0; i < from.count;) {
    const Scalar scalar = scalar_at(from, i);
    if (scalar.units == 0) return bad_utf16();
    latin1 = latin1 && scalar.value < 0x100;
    i += scalar.units;
  }
  std::memcpy(to.bytes, from.bytes, 2 * std::size_t{from.count});
  return latin1;
}

/// UTF-8 to UTF-16; answers the units written. Traps if `to` is too small.
TrapOr<std::uint32_t> utf8_to_utf16(Text from, const Units& to) {
  std::uint32_t written = 0;
  const std::uint8_t* end = from.data() + from.size();
  for (const std::uint8_t* cursor = from.data(); cursor != end;) {
    const DecodedScalar next = decode_scalar(cursor, end);
    if (next.length == 0) return bad_utf8();
    cursor += next.length;
    const std::uint32_t units = next.scalar < 0x10000 ? 1 : 2;
    if (to.count - written < units) return refuse("a string outgrew its destination");
    if (units == 1) {
      to.put(written, static_cast<std::uint16_t>(next.scalar));
    } else {
      const char32_t rest = next.scalar - 0x10000;
      to.put(written, static_cast<std::uint16_t>(0xd800 + (rest >> 10)));
      to.put(written + 1, static_cast<std::uint16_t>(0xdc00 + (rest & 0x3ff)));
    }
    written += units;
  }
  return written;
}

struct Progress {
  std::uint32_t read = 0;
  std::uint32_t written = 0;
};
enum class Pass { kAsciiOnly, kAll };

/// As much of UTF-16 to UTF-8 as fits (in the first pass: up to the first non-ASCII character).
TrapOr<Progress> utf16_to_utf8(const Units& from, Text to, Pass pass) {
  Progress done;
  while (done.read < from.count) {
    const Scalar scalar = scalar_at(from, done.read);
    if (scalar.units == 0) return bad_utf16();
    if (pass == Pass::kAsciiOnly && scalar.value >= 0x80) break;
    std::uint8_t encoded[4];
    const std::uint8_t length = encode_scalar(scalar.value, encoded);
    if (to.size() - done.written < length) break;
    std::memcpy(to.data() + done.written, encoded, length);
    done.written += length;
    done.read += scalar.units;
  }
  return done;
}

Progress latin1_to_utf8(Text from, Text to, Pass pass) {
  Progress done;
  for (; done.read < from.size(); ++done.read) {
    const std::uint8_t character = from[done.read];
    if (pass == Pass::kAsciiOnly && character >= 0x80) break;
    std::uint8_t encoded[4];
    const std::uint8_t length = encode_scalar(character, encoded);
    if (to.size() - done.written < length) break;
    std::memcpy(to.data() + done.written, encoded, length);
    done.written += length;
  }
  return done;
}

/// UTF-8 to Latin-1 up to the first character (or invalid byte) that does not fit.
Progress utf8_to_latin1(Text from, Text to) {
  Progress done;
  const std::uint8_t* end = from.data() + from.size();
  while (done.read < from.size() && done.written < to.size()) {
    const DecodedScalar next = decode_scalar(from.data() + done.read, end);
    if (next.length == 0 || next.scalar >= 0x100) break;
    to[done.written++] = static_cast<std::uint8_t>(next.scalar);
    done.read += next.length;
  }
  return done;
}

Progress utf16_to_latin1(const Units& from, Text to) {
  Progress done;
  while (done.read < from.count && done.written < to.size() && from.at(done.read) < 0x100) {
    to[done.written++] = static_cast<std::uint8_t>(from.at(done.read++));
  }
  return done;
}

/// Widens the first `count` Latin-1 bytes of `text` to UTF-16 in place; answers what follows.
Units inflate(const Units& text, std::uint32_t count) {
  for (std::uint32_t i = count; i-- > 0;) text.put(i, text.bytes[i]);
  return {text.bytes + 2 * std::size_t{count}, text.count - count};
}

/// The arguments of one transcoding, taken apart and checked against the memories.
class Operands {
 public:
  Operands(const TranscodeMemories& memories, std::span<CoreValue> values)
      : memories_(memories), values_(values) {}

  std::uint32_t value(std::size_t index) const {
    return static_cast<std::uint32_t>(values_[index].i32);
  }
  Pass pass(std::size_t index) const { return value(index) != 0 ? Pass::kAsciiOnly : Pass::kAll; }
  Text from_text(std::uint32_t count) { return range(memories_.from, value(0), count); }
  Text to_text(std::uint32_t count) { return range(memories_.to, value(2), count); }
  Units from_units(std::uint32_t count) { return units(memories_.from, value(0), count); }
  Units to_units(std::uint32_t count) { return units(memories_.to, value(2), count); }
  bool good() const { return good_; }

  void answer(std::size_t index, std::uint32_t value) {
    values_[index].i32 = static_cast<std::int32_t>(value);
  }
  void answer(const Progress& done) {
    answer(0, done.read);
    answer(1, done.written);
  }

 private:
  Text range(std::span<std::uint8_t> memory, std::uint32_t pointer, std::uint64_t bytes) {
    if (std::uint64_t{pointer} + bytes <= memory.size()) return memory.subspan(pointer, bytes);
    good_ = false;
    return {};
  }
  Units units(std::span<std::uint8_t> memory, std::uint32_t pointer, std::uint32_t count) {
    const Text bytes = range(memory, pointer, 2 * std::uint64_t{count});
    good_ = good_ && pointer % 2 == 0;
    return {bytes.data(), good_ ? count : 0};
  }

  const TranscodeMemories& memories_;
  std::span<CoreValue> values_;
  bool good_ = true;
};

bool overlap(Text a, Text b) {
  return !a.empty() && !b.empty() && a.data() < b.data() + b.size() &&
         b.data() < a.data() + a.size();
}

std::unexpected<Trap> out_of_bounds() {
  return refuse("a string lies outside its memory or is not aligned");
}

TrapOr<void> copy(Transcode operation, Operands& operands) {
  const std::uint32_t count = operands.value(1);
  if (operation == Transcode::kCopyUtf16) {
    const Units from = operands.from_units(count);
    const Units to = operands.to_units(count);
    const std::size_t bytes = 2 * std::size_t{count};
    if (!operands.good() || overlap({from.bytes, bytes}, {to.bytes, bytes})) return out_of_bounds();
    const TrapOr<bool> copied = copy_utf16(from, to);
    if (!copied) return std::unexpected(copied.error());
    return {};
  }
  const Text from = operands.from_text(count);
  const Text to = operands.to_text(count);
  if (!operands.good() || overlap(from, to)) return out_of_bounds();
  if (operation == Transcode::kCopyUtf8 && !is_valid_utf8(from)) return bad_utf8();
  std::copy(from.begin(), from.end(), to.begin());
  return {};
}

TrapOr<void> widen(Transcode operation, Operands& operands) {
  const std::uint32_t count = operands.value(1);
  const Text from = operands.from_text(count);
  const Units to = operands.to_units(count);
  if (!operands.good() || overlap(from, {to.bytes, 2 * std::size_t{count}})) return out_of_bounds();
  if (operation == Transcode::kLatin1ToUtf16) {
    for (std::uint32_t i = 0; i < count; ++i) to.put(i, from[i]);
    return {};
  }
  const TrapOr<std::uint32_t> written = utf8_to_utf16(from, to);
  if (!written) return std::unexpected(written.error());
  operands.answer(0, *written);
  return {};
}

TrapOr<void> to_utf8(Transcode operation, Operands& operands) {
  const Text to = operands.to_text(operands.value(3));
  const Pass pass = operands.pass(4);
  if (operation == Transcode::kLatin1ToUtf8) {
    const Text from = operands.from_text(operands.value(1));
    if (!operands.good() || overlap(from, to)) return out_of_bounds();
    operands.answer(latin1_to_utf8(from, to, pass));
    return {};
  }
  const Units from = operands.from_units(operands.value(1));
  const std::size_t bytes = 2 * std::size_t{from.count};
  if (!operands.good() || overlap({from.bytes, bytes}, to)) return out_of_bounds();
  const TrapOr<Progress> done = utf16_to_utf8(from, to, pass);
  if (!done) return std::unexpected(done.error());
  operands.answer(*done);
  return {};
}

TrapOr<void> to_latin1(Transcode operation, Operands& operands) {
  const std::uint32_t count = operands.value(1);
  const Text to = operands.to_text(count);
  if (operation == Transcode::kUtf8ToLatin1) {
    const Text from = operands.from_text(count);
    if (!operands.good() || overlap(from, to)) return out_of_bounds();
    operands.answer(utf8_to_latin1(from, to));
    return {};
  }
  const Units from = operands.from_units(count);
  if (!operands.good() || overlap({from.bytes, 2 * std::size_t{count}}, to)) return out_of_bounds();
  operands.answer(utf16_to_latin1(from, to));
  return {};
}

TrapOr<void> to_probably_utf16(Operands& operands) {
  const std::uint32_t count = operands.value(1);
  const Units from = operands.from_units(count);
  const Units to = operands.to_units(count);
  const std::size_t bytes = 2 * std::size_t{count};
  if (!operands.good() || overlap({from.bytes, bytes}, {to.bytes, bytes})) return out_of_bounds();
  const TrapOr<bool> latin1 = copy_utf16(from, to);
  if (!latin1) return std::unexpected(latin1.error());
  if (*latin1) {
    for (std::uint32_t i = 0; i < count; ++i) to.bytes[i] = to.bytes[2 * std::size_t{i}];
  }
  operands.answer(0, *latin1 ? count : count | kUtf16Tag);
  return {};
}

/// Latin-1 did not suffice: widens what was written, then goes on in UTF-16.
TrapOr<void> to_compact_utf16(Transcode operation, Operands& operands) {
  const std::uint32_t so_far = operands.value(4);
  const Units to = operands.to_units(operands.value(3));
  if (!operands.good() || so_far > to.count) return out_of_bounds();
  const Text whole{to.bytes, 2 * std::size_t{to.count}};
  if (operation == Transcode::kUtf8ToCompactUtf16) {
    const Text from = operands.from_text(operands.value(1));
    if (!operands.good() || overlap(from, whole)) return out_of_bounds();
    const TrapOr<std::uint32_t> written = utf8_to_utf16(from, inflate(to, so_far));
    if (!written) return std::unexpected(written.error());
    operands.answer(0, *written + so_far);
    return {};
  }
  const Units from = operands.from_units(operands.value(1));
  const bool fits = from.count <= to.count - so_far;
  if (!operands.good() || !fits || overlap({from.bytes, 2 * std::size_t{from.count}}, whole)) {
    return out_of_bounds();
  }
  const TrapOr<bool> copied = copy_utf16(from, inflate(to, so_far));
  if (!copied) return std::unexpected(copied.error());
  operands.answer(0, from.count + so_far);
  return {};
}

std::size_t value_count(Transcode operation) {
  switch (operation) {
    case Transcode::kLatin1ToUtf8:
    case Transcode::kUtf16ToUtf8:
    case Transcode::kUtf8ToCompactUtf16:
    case Transcode::kUtf16ToCompactUtf16:
      return 5;
    default:
      return 3;
  }
}

}  // namespace

TrapOr<void> transcode(Transcode operation, const TranscodeMemories& memories,
                       std::span<CoreValue> values) {
  if (values.size() < value_count(operation)) return refuse("a transcoder lacks arguments");
  Operands operands(memories, values);
  switch (operation) {
    case Transcode::kCopyUtf8:
    case Transcode::kCopyUtf16:
    case Transcode::kCopyLatin1:
      return copy(operation, operands);
    case Transcode::kLatin1ToUtf16:
    case Transcode::kUtf8ToUtf16:
      return widen(operation, operands);
    case Transcode::kLatin1ToUtf8:
    case Transcode::kUtf16ToUtf8:
      return to_utf8(operation, operands);
    case Transcode::kUtf8ToLatin1:
    case Transcode::kUtf16ToLatin1:
      return to_latin1(operation, operands);
    case Transcode::kUtf16ToCompactProbablyUtf16:
      return to_probably_utf16(operands);
    case Transcode::kUtf8ToCompactUtf16:
    case Transcode::kUtf16ToCompactUtf16:
      return to_compact_utf16(operation, operands);
  }
  return refuse("unknown transcoding");
}

}  // namespace theater::wasm
