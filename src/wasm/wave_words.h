// Words WAVE keeps for itself.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace theater::wasm {

/// Whether a label must be written with "%" so that it is not taken for a WAVE keyword.
constexpr bool is_wave_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 8> kKeywords{"true", "false", "inf", "nan",
                                                      "none", "some",  "ok",  "err"};
  return std::ranges::find(kKeywords, word) != kKeywords.end();
}

}  // namespace theater::wasm
