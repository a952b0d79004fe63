// wat_to_wasm: the text format of modules and components, for tests and tools.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::wasm {

/// The binary form of WebAssembly text. kInvalid, with the place, if it does not parse.
Result<Bytes> wat_to_wasm(std::string_view text);

}  // namespace theater::wasm
