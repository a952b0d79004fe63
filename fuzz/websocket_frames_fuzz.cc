// What a WebSocket peer sends, client or server: however the bytes are cut, the same items come
// out, with deflate and without; nothing is held beyond the message limit.
#include <cstdlib>
#include <string>
#include <vector>

#include "hosts/websocket/decoder.h"

namespace {

using namespace theater;
using namespace theater::hosts::websocket;

constexpr std::size_t kMessageMax = 4096;
constexpr std::size_t kHeldMax = 4 * kMessageMax;

void require(bool condition) {
  if (!condition) std::abort();
}

enum class Deflate { kOff, kOn };

/// Item kinds and payloads, as one text.
std::string decode(ByteSpan bytes, std::size_t cut, Deflate mode, Sender sender) {
  Decoder decoder(kMessageMax, sender);
  if (mode == Deflate::kOn) {
    decoder.enable_inflation(std::make_unique<Inflater>(DeflateSettings{}));
  }
  std::string seen;
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    Bytes part = to_bytes(bytes.subspan(at, std::min(cut, bytes.size() - at)));
    std::span<std::uint8_t> input(part);
    while (true) {
      const Item item = decoder.next(input);
      require(decoder.held_bytes() <= kHeldMax);
      if (item == Item::kNone) break;
      seen += static_cast<char>('a' + static_cast<int>(item));
      seen += as_text(decoder.payload());
      require(decoder.payload().size() <= kMessageMax);
      if (item == Item::kFailed) return seen;
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 64 * 1024) return 0;
  const std::size_t cut = 1 + data[0];
  const ByteSpan bytes(data + 1, size - 1);
  for (const Deflate mode : {Deflate::kOff, Deflate::kOn}) {
    for (const Sender sender : {Sender::kClient, Sender::kServer}) {
      require(decode(bytes, bytes.size() + 1, mode, sender) == decode(bytes, cut, mode, sender));
    }
  }
  return 0;
}
