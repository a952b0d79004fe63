// The index: what is accepted is encoded to the same bytes. Digests are repaired, so that what is
// behind them is reached.
#include <algorithm>
#include <cstdlib>

#include "chain/hash.h"
#include "store/log_index.h"

namespace {

using namespace theater;

void check(ByteSpan bytes) {
  const auto index = store::decode_index(bytes);
  if (index && !equal(store::encode(*index), bytes)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHeader = 56;
  const ByteSpan bytes(data, size);
  check(bytes);
  if (size < kHeader) return 0;
  Bytes repaired = to_bytes(bytes);
  store_le<std::uint64_t>(repaired.data() + 16, size - kHeader);
  std::ranges::copy(chain::sha256(bytes.subspan(kHeader)).bytes, repaired.begin() + 24);
  check(repaired);
  return 0;
}
