// The compression function of SHA-256, in the form that this machine runs fastest.
#pragma once

#include <cstddef>
#include <cstdint>

namespace theater::chain {

/// Feeds `count` blocks of 64 bytes into `state`.
using Sha256Blocks = void (*)(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count);

/// One of two messages that are hashed side by side.
struct Sha256Lane {
  std::uint32_t* state;
  const std::uint8_t* blocks;
};
/// Feeds `count` blocks into each of two states, in little more time than into one: the
/// instructions of a single message wait for each other.
using Sha256Pair = void (*)(const Sha256Lane& first, const Sha256Lane& second, std::size_t count);

void sha256_blocks_x86(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count);
void sha256_blocks_openssl(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count);
void sha256_pair_x86(const Sha256Lane& first, const Sha256Lane& second, std::size_t count);
/// True if the processor has SHA-NI and this build has the code for it.
bool has_sha_instructions();

/// CRC32C of `bytes` bytes from `data`, going on from `crc` (not inverted: the caller does that).
std::uint32_t crc32c_x86(std::uint32_t crc, const std::uint8_t* data, std::size_t bytes);
std::uint32_t crc32c_table(std::uint32_t crc, const std::uint8_t* data, std::size_t bytes);
bool has_crc_instructions();

}  // namespace theater::chain
