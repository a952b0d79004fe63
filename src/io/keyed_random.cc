// KeyedRandom: a key stream, and the key that follows from it.
#include "io/keyed_random.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"
#include "io/system_clock.h"

namespace theater::io {

namespace {

constexpr std::size_t kPieceBytes = 4096;

}  // namespace

void KeyedRandom::Delete::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

KeyedRandom::KeyedRandom() : context_(EVP_CIPHER_CTX_new()) {
  CHECK(context_ != nullptr &&
            EVP_EncryptInit_ex(context_.get(), EVP_aes_256_ctr(), nullptr, nullptr, nullptr) == 1,
        "AES-256 is there");
}

KeyedRandom::~KeyedRandom() { OPENSSL_cleanse(key_.data(), key_.size()); }

void KeyedRandom::encrypt_zeros(std::span<std::uint8_t> out) {
  static constexpr std::array<std::uint8_t, kPieceBytes> kZeros{};
  while (!out.empty()) {
    const std::size_t piece = std::min(out.size(), kPieceBytes);
    int written = 0;
    CHECK(EVP_EncryptUpdate(context_.get(), out.data(), &written, kZeros.data(),
                            static_cast<int>(piece)) == 1 &&
              written == static_cast<int>(piece),
          "a stream cipher gives a byte for a byte");
    out = out.subspan(piece);
  }
}

void KeyedRandom::fill(std::span<std::uint8_t> buffer) {
  if (fills_ == 0) SystemRandom().fill(key_);
  fills_ = (fills_ + 1) % kFillsMax;
  static constexpr std::uint8_t kCounter[16] = {};  // each key is used for one fill
  CHECK(EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, key_.data(), kCounter) == 1,
        "a key of 32 bytes is taken");
  encrypt_zeros(key_);
  encrypt_zeros(buffer);
}

}  // namespace theater::io
