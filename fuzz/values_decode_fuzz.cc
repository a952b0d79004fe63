// Any bytes as the arguments of a random function: decode, validate and lowering agree on whether
// they are canonical, and canonical bytes come back from the guest unchanged.
#include "base/check.h"
#include "wasm/abi.h"
#include "wasm/binary.h"
#include "wasm/testing/fake_guest.h"
#include "wasm/testing/random_value.h"

using namespace theater;
using namespace theater::wasm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  wasm::testing::RandomValues random(load_le<std::uint16_t>(data));
  const FunctionType type = random.function(4);
  const auto encoding = static_cast<StringEncoding>(data[2] % 3);
  const ByteSpan bytes(data + 3, size - 3);

  const auto values = decode_arguments(bytes, type);
  CHECK(values.has_value() == validate_arguments(bytes, type).has_value(), "decode = validate");
  if (values) CHECK(equal(encode_arguments(*values, type).value(), bytes), "one encoding");

  const FunctionLayout layout = FunctionLayout::compile(type).value();
  wasm::testing::FakeGuest memory(64);
  const GuestSide guest{&memory, nullptr, encoding};
  std::vector<CoreValue> core(layout.export_parameters().size());
  const auto lowered = lower_arguments(layout, {&bytes, 1}, guest, core);
  CHECK(lowered.has_value() == values.has_value(), "lowering = validate");
  if (!lowered) return 0;
  core.resize(layout.import_parameters().size());
  Bytes lifted;
  CHECK(lift_arguments(layout, core, guest, lifted).has_value(), "what was lowered lifts");
  CHECK(equal(lifted, bytes), "lift inverts lower");
  return 0;
}
