// CRC32C: the choice of implementation, and the one by table.
#include "chain/crc32c.h"

#include <array>

#include "chain/block_hash.h"

namespace theater::chain {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t value = 0; value < 256; ++value) {
    std::uint32_t crc = value;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    table[value] = crc;
  }
  return table;
}
constexpr auto kTable = make_table();

}  // namespace

std::uint32_t crc32c_table(std::uint32_t crc, const std::uint8_t* data, std::size_t bytes) {
  for (; bytes > 0; --bytes, ++data) crc = (crc >> 8) ^ kTable[(crc ^ *data) & 255];
  return crc;
}

std::uint32_t crc32c_extend(std::uint32_t crc, ByteSpan bytes) {
  static const bool fast = has_crc_instructions();
  const auto run = fast ? crc32c_x86 : crc32c_table;
  return ~run(~crc, bytes.data(), bytes.size());
}

std::uint32_t crc32c(ByteSpan bytes) { return crc32c_extend(0, bytes); }

}  // namespace theater::chain
