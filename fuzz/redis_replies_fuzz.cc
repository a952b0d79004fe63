// What a Redis server says: however the bytes are cut, the same replies come out; nothing is held
// beyond the limit.
#include <cstdlib>
#include <string>

#include "hosts/redis/reply_reader.h"

namespace {

using namespace theater;
using namespace theater::hosts::redis;

constexpr std::size_t kReplyMax = 4096;
constexpr std::size_t kHeldMax = 128 * 1024;  // a line may be as long

void require(bool condition) {
  if (!condition) std::abort();
}

Bytes decode(ByteSpan bytes, std::size_t cut) {
  ReplyReader reader(kReplyMax);
  Bytes seen;
  while (!bytes.empty()) {
    ByteSpan input = bytes.first(std::min(cut, bytes.size()));
    bytes = bytes.subspan(input.size());
    while (true) {
      const auto reply = reader.next(input);
      require(reader.held_bytes() <= kHeldMax);
      if (!reply) return append(seen, as_bytes("!")), seen;
      if (!*reply) break;
      require((*reply)->bytes <= kReplyMax);
      append(seen, wasm::to_binary((*reply)->values));
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t cut = 1 + data[0];
  const ByteSpan bytes(data + 1, size - 1);
  require(decode(bytes, size + 1) == decode(bytes, cut));
  return 0;
}
