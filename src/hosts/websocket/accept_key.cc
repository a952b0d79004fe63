// SHA-1 and base64, as RFC 6455 section 4.2.2 wants them.
#include "hosts/websocket/accept_key.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"

namespace theater::hosts::websocket {

namespace {

constexpr std::string_view kKeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string base64(ByteSpan bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

std::string key_text(ByteSpan nonce) { return base64(nonce); }

std::string accept_text(std::string_view key) {
  const std::string input = std::string(key) + std::string(kKeySuffix);
  std::array<std::uint8_t, 20> digest;
  unsigned size = digest.size();
  CHECK(EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1,
        "openssl");
  return base64(digest);
}

}  // namespace theater::hosts::websocket
