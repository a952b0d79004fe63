// Any text as WAVE of a random type: what parses prints, and the print parses to the same value.
#include "base/check.h"
#include "wasm/binary.h"
#include "wasm/testing/random_value.h"
#include "wasm/wave.h"

using namespace theater;
using namespace theater::wasm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  wasm::testing::RandomValues random(load_le<std::uint16_t>(data));
  const Type type = random.type(4);
  const auto value = from_wave(as_text({data + 2, size - 2}), type);
  if (!value) return 0;
  CHECK(encode(*value, type).has_value(), "parsed values fit their type");
  const auto again = from_wave(to_wave(*value, type), type);
  CHECK(again.has_value() && *again == *value, "print and parse are inverse");
  return 0;
}
