// The types of wit/process.wit, as C++ values.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

#include "host/wit_types.h"

namespace theater::hosts::process {

/// The exit status, or minus the number of the signal that ended it.
using Exit = std::expected<std::int32_t, host::GuestError>;

/// The WIT variant `payload`. The same type twice: the case decides.
struct Payload {
  static constexpr std::array<std::string_view, 3> kWitCases{"stdout", "stderr", "ended"};
  enum Case : std::size_t { kStdout, kStderr, kEnded };
  std::variant<Bytes, Bytes, Exit> value;
};

template <Payload::Case kCase, typename Value>
Bytes event_bytes(OperationId id, Value&& value) {
  host::Event<Payload> event{id.value, {}};
  event.payload.value.emplace<kCase>(std::forward<Value>(value));
  return wasm::to_binary(event);
}

}  // namespace theater::hosts::process
