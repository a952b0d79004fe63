// The types of wit/terminal.wit, as C++ values.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "host/wit_types.h"

namespace theater::hosts::terminal {

/// Columns and rows.
using Size = std::tuple<std::uint16_t, std::uint16_t>;

/// The WIT variant `payload`.
struct Payload {
  static constexpr std::array<std::string_view, 4> kWitCases{"input", "resized", "interrupted",
                                                             "closed"};
  enum Case : std::size_t { kInput, kResized, kInterrupted, kClosed };
  std::variant<Bytes, Size, std::monostate, std::monostate> value;
};

template <Payload::Case kCase, typename... Value>
Bytes event_bytes(Value&&... value) {
  host::Event<Payload> event{0, {}};
  event.payload.value.emplace<kCase>(std::forward<Value>(value)...);
  return wasm::to_binary(event);
}

}  // namespace theater::hosts::terminal
