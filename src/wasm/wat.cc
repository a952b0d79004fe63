// wat_to_wasm: wasmtime's parser.
#include "wasm/wat.h"

#include <wasmtime.h>

namespace theater::wasm {

Result<Bytes> wat_to_wasm(std::string_view text) {
  wasm_byte_vec_t bytes{};
  wasmtime_error_t* error = wasmtime_wat2wasm(text.data(), text.size(), &bytes);
  if (error == nullptr) {
    Bytes wasm(bytes.data, bytes.data + bytes.size);
    wasm_byte_vec_delete(&bytes);
    return wasm;
  }
  wasm_name_t message{};
  wasmtime_error_message(error, &message);
  auto failed = fail(Code::kInvalid, "{}", std::string_view(message.data, message.size));
  wasm_name_delete(&message);
  wasmtime_error_delete(error);
  return failed;
}

}  // namespace theater::wasm
