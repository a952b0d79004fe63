// CRC32C with the SSE 4.2 instruction, three streams at a time. Compiled for it by CMakeLists.txt.
#include "chain/block_hash.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>
#include <cstring>

namespace theater::chain {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected
constexpr std::size_t kLong = 4096;                // bytes of one stream of three
constexpr std::size_t kShort = 128;

using Matrix = std::array<std::uint32_t, 32>;
using Shift = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr std::uint32_t times(const Matrix& matrix, std::uint32_t vector) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; vector != 0; ++i, vector >>= 1) {
    if ((vector & 1) != 0) sum ^= matrix[i];
  }
  return sum;
}

constexpr Matrix square(const Matrix& matrix) {
  Matrix result{};
  for (std::size_t i = 0; i < 32; ++i) result[i] = times(matrix, matrix[i]);
  return result;
}

/// The effect on a CRC of `bytes` zero bytes (a power of two), as a table by its four bytes.
constexpr Shift shift_by(std::size_t bytes) {
  Matrix one_bit{};
  one_bit[0] = kPolynomial;
  for (std::size_t i = 1; i < 32; ++i) one_bit[i] = std::uint32_t{1} << (i - 1);
  Matrix matrix = square(square(square(one_bit)));  // one byte
  for (; bytes > 1; bytes /= 2) matrix = square(matrix);
  Shift table{};
  for (std::size_t byte = 0; byte < 4; ++byte) {
    for (std::uint32_t value = 0; value < 256; ++value) {
      table[byte][value] = times(matrix, value << (8 * byte));
    }
  }
  return table;
}

constexpr Shift kLongShift = shift_by(kLong);
constexpr Shift kShortShift = shift_by(kShort);

inline std::uint32_t shift(const Shift& table, std::uint32_t crc) {
  return table[0][crc & 255] ^ table[1][crc >> 8 & 255] ^ table[2][crc >> 16 & 255] ^
         table[3][crc >> 24];
}

inline std::uint64_t word(const std::uint8_t* data) {
  std::uint64_t value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

/// Three streams of `kStream` bytes hide the instruction's latency of three cycles.
template <std::size_t kStream>
inline std::uint32_t three_streams(const Shift& table, std::uint32_t crc,
                                   const std::uint8_t* data) {
  std::uint64_t first = crc, second = 0, third = 0;
  for (std::size_t i = 0; i < kStream; i += 8) {
    first = _mm_crc32_u64(first, word(data + i));
    second = _mm_crc32_u64(second, word(data + kStream + i));
    third = _mm_crc32_u64(third, word(data + 2 * kStream + i));
  }
  crc = shift(table, static_cast<std::uint32_t>(first)) ^ static_cast<std::uint32_t>(second);
  return shift(table, crc) ^ static_cast<std::uint32_t>(third);
}

}  // namespace

std::uint32_t crc32c_x86(std::uint32_t crc, const std::uint8_t* data, std::size_t bytes) {
  for (; bytes >= 3 * kLong; bytes -= 3 * kLong, data += 3 * kLong) {
    crc = three_streams<kLong>(kLongShift, crc, data);
  }
  for (; bytes >= 3 * kShort; bytes -= 3 * kShort, data += 3 * kShort) {
    crc = three_streams<kShort>(kShortShift, crc, data);
  }
  std::uint64_t wide = crc;
  for (; bytes >= 8; bytes -= 8, data += 8) wide = _mm_crc32_u64(wide, word(data));
  crc = static_cast<std::uint32_t>(wide);
  for (; bytes > 0; --bytes, ++data) crc = _mm_crc32_u8(crc, *data);
  return crc;
}

bool has_crc_instructions() { return __builtin_cpu_supports("sse4.2"); }

}  // namespace theater::chain

#else

#include "base/check.h"

namespace theater::chain {

std::uint32_t crc32c_x86(std::uint32_t, const std::uint8_t*, std::size_t) {
  CHECK(false, "the caller asks has_crc_instructions first");
}
bool has_crc_instructions() { return false; }

}  // namespace theater::chain

#endif
