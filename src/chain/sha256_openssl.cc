// SHA-256 blocks by OpenSSL, for processors without SHA-NI. The low-level transform has neither the
// look-up nor the context of the EVP interface, which cost more than hashing a record does.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>

#include "chain/block_hash.h"

namespace theater::chain {

void sha256_blocks_openssl(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count) {
  SHA256_CTX context{};
  std::memcpy(context.h, state, sizeof context.h);
  for (; count > 0; --count, blocks += 64) SHA256_Transform(&context, blocks);
  std::memcpy(state, context.h, sizeof context.h);
}

}  // namespace theater::chain
