// Any bytes as a guest's state: what decodes has one encoding, and it is these bytes.
#include <algorithm>

#include "theater/codec.h"

namespace {

enum class Colour : std::uint16_t { kRed, kGreen };

struct Inner {
  std::int32_t number = 0;
  std::string text;
  std::optional<bool> maybe;
};

struct State {
  std::uint64_t large = 0;
  std::int64_t negative = 0;
  std::uint16_t narrow = 0;
  double real = 0;
  Colour colour{};
  theater::Bytes bytes;
  std::deque<Inner> inner;
  std::map<std::string, std::vector<std::int16_t>> map;
  std::set<std::uint32_t> set;
  std::variant<bool, std::string, Inner> either;
  std::array<std::uint8_t, 3> array{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const theater::BytesView bytes(data, size);
  theater::Reader in(bytes);
  State state;
  theater::decode(in, state);
  if (!in.done()) return 0;
  theater::Writer out;
  theater::encode(out, state);
  if (!std::ranges::equal(out.bytes(), bytes)) __builtin_trap();
  return 0;
}
