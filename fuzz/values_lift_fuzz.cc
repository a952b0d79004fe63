// Any guest memory and core values: lifting traps or answers canonical bytes.
#include "base/check.h"
#include "wasm/abi.h"
#include "wasm/binary.h"
#include "wasm/testing/fake_guest.h"
#include "wasm/testing/random_value.h"

using namespace theater;
using namespace theater::wasm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kCoreMax = 17;
  constexpr std::size_t kHead = 3 + kCoreMax * 8;
  if (size < kHead) return 0;
  wasm::testing::RandomValues random(load_le<std::uint16_t>(data));
  const FunctionType type = random.function(4);
  const auto encoding = static_cast<StringEncoding>(data[2] % 3);
  const FunctionLayout layout = FunctionLayout::compile(type).value();

  wasm::testing::FakeGuest memory(0);
  memory.bytes.assign(data + kHead, data + size);
  std::vector<CoreValue> core(layout.import_parameters().size());
  CHECK(core.size() <= kCoreMax, "16 parameters and a return pointer");
  for (std::size_t i = 0; i < core.size(); ++i) {
    core[i].i64 = static_cast<std::int64_t>(load_le<std::uint64_t>(data + 3 + i * 8));
  }
  Bytes lifted;
  const GuestSide guest{&memory, nullptr, encoding, std::uint64_t{1} << 16};
  if (!lift_arguments(layout, core, guest, lifted)) return 0;
  CHECK(validate_arguments(lifted, type).has_value(), "lifted values are canonical");
  return 0;
}
