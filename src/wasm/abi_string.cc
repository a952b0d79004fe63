// Strings between UTF-8 and the three encodings of guests, with the specification's allocations.
#include <fmt/format.h>

#include "wasm/abi_guest.h"
#include "wasm/utf8.h"

namespace theater::wasm {

namespace {

constexpr std::uint32_t kUtf16Tag = 1u << 31;
constexpr const char* kWhat = "string";

/// Writes UTF-16 for the scalar and answers how many bytes.
std::uint64_t put_utf16(std::uint8_t* out, char32_t scalar) {
  if (scalar < 0x10000) {
    store_le(out, static_cast<std::uint16_t>(scalar));
    return 2;
  }
  const char32_t rest = scalar - 0x10000;
  store_le(out, static_cast<std::uint16_t>(0xd800 | (rest >> 10)));
  store_le(out + 2, static_cast<std::uint16_t>(0xdc00 | (rest & 0x3ff)));
  return 4;
}

/// Transcodes valid UTF-8 to UTF-16 and answers the bytes written: at most twice as many.
std::uint64_t transcode_utf16(ByteSpan text, std::uint8_t* out) {
  std::uint64_t written = 0;
  const std::uint8_t* const end = text.data() + text.size();
  for (const std::uint8_t* cursor = text.data(); cursor != end;) {
    const DecodedScalar decoded = decode_scalar(cursor, end);
    cursor += decoded.length;
    written += put_utf16(out + written, decoded.scalar);
  }
  return written;
}

GuestString located(GuestRange range, std::uint64_t tagged_units) {
  return {static_cast<std::uint32_t>(range.pointer), static_cast<std::uint32_t>(tagged_units)};
}

bool store_utf8(GuestWriter& writer, ByteSpan text, GuestString& stored) {
  GuestRange range{0, text.size()};
  if (!writer.allocate(kWhat, 1, range)) return false;
  if (!text.empty()) std::memcpy(writer.at(range.pointer), text.data(), text.size());
  stored = located(range, text.size());
  return true;
}

/// Gives back what a worst-case allocation has too much.
bool shrink(GuestWriter& writer, GuestRange& range, std::uint64_t used) {
  if (used == range.size) return true;
  const GuestRange old = range;
  range.size = used;
  return writer.reallocate(kWhat, 2, old, range);
}

bool store_utf16(GuestWriter& writer, ByteSpan text, GuestString& stored) {
  GuestRange range{0, text.size() * 2};
  if (!writer.allocate(kWhat, 2, range)) return false;
  const std::uint64_t used = transcode_utf16(text, writer.at(range.pointer));
  if (!shrink(writer, range, used)) return false;
  stored = located(range, used / 2);
  return true;
}

/// The text so far went to `range` as Latin-1 (`latin1` bytes); the rest needs UTF-16.
bool widen(GuestWriter& writer, ByteSpan rest, GuestRange range, std::uint64_t latin1,
           GuestString& stored) {
  const GuestRange old = range;
  range.size = old.size * 2;
  if (!writer.reallocate(kWhat, 2, old, range)) return false;
  std::uint8_t* const out = writer.at(range.pointer);
  for (std::uint64_t i = latin1; i-- > 0;) {
    out[2 * i] = out[i];
    out[2 * i + 1] = 0;
  }
  const std::uint64_t used = 2 * latin1 + transcode_utf16(rest, out + 2 * latin1);
  if (!shrink(writer, range, used)) return false;
  stored = located(range, used / 2 | kUtf16Tag);
  return true;
}

bool store_latin1_or_utf16(GuestWriter& writer, ByteSpan text, GuestString& stored) {
  GuestRange range{0, text.size()};
  if (!writer.allocate(kWhat, 2, range)) return false;
  std::uint8_t* const out = writer.at(range.pointer);
  std::uint64_t written = 0;
  const std::uint8_t* const end = text.data() + text.size();
  for (const std::uint8_t* cursor = text.data(); cursor != end;) {
    const DecodedScalar decoded = decode_scalar(cursor, end);
    if (decoded.scalar > 0xff) return widen(writer, {cursor, end}, range, written, stored);
    out[written++] = static_cast<std::uint8_t>(decoded.scalar);
    cursor += decoded.length;
  }
  if (!shrink(writer, range, written)) return false;
  stored = located(range, written);
  return true;
}

/// One scalar value of UTF-16; `length` counts bytes, 0 means a lone surrogate.
DecodedScalar decode_utf16(const std::uint8_t* cursor, const std::uint8_t* end) {
  const std::uint32_t first = load_le<std::uint16_t>(cursor);
  if (is_scalar_value(first)) return {first, 2};
  if (first >= 0xdc00 || end - cursor < 4) return {};
  const std::uint32_t second = load_le<std::uint16_t>(cursor + 2);
  if (second < 0xdc00 || second > 0xdfff) return {};
  return {0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), 4};
}

Trap invalid(const char* encoding) {
  return {TrapKind::kAbi, fmt::format("string is not valid {}", encoding), {}};
}

std::optional<Trap> load_utf16(ByteSpan source, StagedWriter& out) {
  const std::uint8_t* const end = source.data() + source.size();
  std::uint64_t length = 0;
  for (const std::uint8_t* cursor = source.data(); cursor != end;) {
    const DecodedScalar decoded = decode_utf16(cursor, end);
    if (decoded.length == 0) return invalid("UTF-16");
    cursor += decoded.length;
    std::uint8_t scratch[4];
    length += encode_scalar(decoded.scalar, scratch);
  }
  out.unsigned_number(length);
  for (const std::uint8_t* cursor = source.data(); cursor != end;) {
    const DecodedScalar decoded = decode_utf16(cursor, end);
    cursor += decoded.length;
    out.character(decoded.scalar);
  }
  return std::nullopt;
}

void load_latin1(ByteSpan source, StagedWriter& out) {
  std::uint64_t length = source.size();
  for (const std::uint8_t letter : source) length += letter >> 7;
  out.unsigned_number(length);
  for (const std::uint8_t letter : source) out.character(letter);
}

std::optional<Trap> load_utf8(ByteSpan source, StagedWriter& out) {
  if (!is_valid_utf8(source)) return invalid("UTF-8");
  out.unsigned_number(source.size());
  out.raw(source);
  return std::nullopt;
}

}  // namespace

bool store_string(GuestWriter& writer, StringEncoding encoding, ByteSpan text,
                  GuestString& stored) {
  if (text.size() > kStringBytesMax) {
    return writer.refuse(TrapKind::kHost, "string is longer than the canonical ABI allows");
  }
  switch (encoding) {
    case StringEncoding::kUtf16:
      return store_utf16(writer, text, stored);
    case StringEncoding::kLatin1Utf16:
      return store_latin1_or_utf16(writer, text, stored);
    default:
      return store_utf8(writer, text, stored);
  }
}

std::optional<Trap> load_string(std::span<const std::uint8_t> memory, StringEncoding encoding,
                                GuestString string, StagedWriter& out) {
  const bool tagged = (string.tagged_units & kUtf16Tag) != 0;
  const bool dynamic = encoding == StringEncoding::kLatin1Utf16;
  const bool wide = encoding == StringEncoding::kUtf16 || (dynamic && tagged);
  std::uint64_t size = dynamic ? string.tagged_units & ~kUtf16Tag : string.tagged_units;
  if (wide) size *= 2;
  if (size > kStringBytesMax) {
    return Trap{TrapKind::kAbi, fmt::format("string of {} bytes is too long", size), {}};
  }
  const GuestRange range{string.pointer, size};
  auto found = breach(kWhat, range, encoding == StringEncoding::kUtf8 ? 1 : 2, memory.size());
  if (found) return found;
  if (!out.fits(size * 2)) {
    return Trap{TrapKind::kAbi, "the values of one call are too large", {}};
  }
  const ByteSpan source = memory.subspan(string.pointer, size);
  if (wide) return load_utf16(source, out);
  if (!dynamic) return load_utf8(source, out);
  load_latin1(source, out);
  return std::nullopt;
}

}  // namespace theater::wasm
