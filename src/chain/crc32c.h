// CRC32C (Castagnoli): finds rot in stored bytes; proves nothing against an attacker.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace theater::chain {

std::uint32_t crc32c(ByteSpan bytes);
/// The CRC of what `crc` covers followed by `bytes`.
std::uint32_t crc32c_extend(std::uint32_t crc, ByteSpan bytes);

}  // namespace theater::chain
