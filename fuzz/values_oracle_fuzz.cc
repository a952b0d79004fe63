// Any bytes in guest memory, as a value of a random type: this engine and wasmtime's own component
// implementation make the same value of them, or both trap.
#include <map>

#include "base/check.h"
#include "wasm/testing/oracle.h"
#include "wasm/testing/random_value.h"

using namespace theater;
using namespace theater::wasm;

namespace {

constexpr std::size_t kPairsMax = 192;  // compiled ones kept
constexpr std::uint32_t kCountMax = 16;

wasm::testing::Pair& pair_of(std::uint64_t seed, std::string_view encoding, const Type& type) {
  static std::map<std::pair<std::uint64_t, std::string_view>, std::unique_ptr<wasm::testing::Pair>>
      pairs;
  auto& found = pairs[{seed, encoding}];
  if (!found) {
    CHECK(pairs.size() <= kPairsMax, "64 types in 3 encodings");
    found = std::make_unique<wasm::testing::Pair>(type, encoding);
  }
  return *found;
}

std::string shown(const std::optional<Value>& value, const Type& type) {
  return value ? to_wave(*value, type) : "trap";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHead = 3;
  if (size < kHead) return 0;
  const std::uint64_t seed = data[0] % 64u;
  const std::string_view encoding = wasm::testing::kEncodings[data[1] % 3];
  const auto count = static_cast<std::uint32_t>(data[2] % (kCountMax + 1));
  const Type type = wasm::testing::RandomValues(seed * 7919).type(4);
  wasm::testing::Pair& pair = pair_of(seed, encoding, type);
  Bytes bytes(data + kHead, data + size);
  bytes.resize(count * wasm::testing::element_size(type));
  const std::vector<Value> arguments = {Value(bytes), Value(count)};
  const Type& result = *pair.type_of("cook").result;
  const std::optional<Value> ours = pair.ours("cook", arguments);
  CHECK(shown(ours, result) == shown(pair.theirs("cook", arguments), result),
        to_hex(bytes).c_str());
  if (ours) {
    CHECK(pair.ours("list", {*ours}) == ours && pair.theirs("list", {*ours}) == ours, "round trip");
  }
  pair.restart();
  CHECK(!::testing::UnitTest::GetInstance()->Failed(), "what the kit expects holds");
  return 0;
}
