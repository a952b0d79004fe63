// The canonical binary form of values (docs/formats/values.md): what is recorded, hashed, replayed
// and dispatched. Here: the strict conversions between it and Value, and the check of its form.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"
#include "wasm/type.h"
#include "wasm/value.h"

namespace theater::wasm {

/// The canonical bytes of `value`. Refuses (kInvalid) a value that does not fit the type.
Result<Bytes> encode(const Value& value, const Type& type);
/// The value whose canonical bytes are exactly `bytes`. Refuses (kInvalid, with the offset)
/// anything else: long LEB128, bad UTF-8, other NaNs, unused flag bits, unknown cases, truncation,
/// excess.
Result<Value> decode(ByteSpan bytes, const Type& type);
/// Whether decode would succeed, without building the value.
Status validate(ByteSpan bytes, const Type& type);

/// The same for the parameters of a function (one after another) ...
Result<Bytes> encode_arguments(const std::vector<Value>& values, const FunctionType& type);
Result<std::vector<Value>> decode_arguments(ByteSpan bytes, const FunctionType& type);
Status validate_arguments(ByteSpan bytes, const FunctionType& type);
/// ... and for its result: empty when it has none.
Status validate_result(ByteSpan bytes, const FunctionType& type);

}  // namespace theater::wasm
