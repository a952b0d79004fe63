// WAVE: the text form of WIT values, for people. Never hashed or recorded.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wasm/type.h"
#include "wasm/value.h"

namespace theater::wasm {

/// Prints `value`. Options print as `some(x)` and `none`, results as `ok(x)` and `err(x)`, records
/// leave out fields that are none. Two forms are ours, not WAVE's: list<u8> prints as `b"..."` with
/// `\xNN` for what is not printable ASCII, a resource as `#id`. Parts of the value that do not fit
/// the type print as `?`.
std::string to_wave(const Value& value, const Type& type);

/// Parses WAVE text of the given type. Strict: the whole text is one value. Accepts what the WAVE
/// grammar accepts (a list<u8> also as numbers, comments, trailing commas, flat options and
/// results, multi-line strings). Refuses (kInvalid) with "line L column C: reason".
Result<Value> from_wave(std::string_view text, const Type& type);

}  // namespace theater::wasm
