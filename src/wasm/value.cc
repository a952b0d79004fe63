// Equality of values: floats by bits.
#include "wasm/value.h"

#include <bit>

namespace theater::wasm {

bool operator==(const Value& a, const Value& b) {
  if (const auto* single = a.as<float>(); single && b.as<float>()) {
    return std::bit_cast<std::uint32_t>(*single) == std::bit_cast<std::uint32_t>(*b.as<float>());
  }
  if (const auto* twice = a.as<double>(); twice && b.as<double>()) {
    return std::bit_cast<std::uint64_t>(*twice) == std::bit_cast<std::uint64_t>(*b.as<double>());
  }
  return a.content_ == b.content_;
}

}  // namespace theater::wasm
