// The types of wit/operation.wit.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "host/wit_types.h"

namespace theater::hosts::operation {

/// The WIT record `payload`: how far an operation is.
struct Payload {
  std::uint64_t done = 0;
  std::optional<std::uint64_t> total;
  bool operator==(const Payload&) const = default;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("done", &Payload::done), wasm::field("total", &Payload::total)};
  }
};

}  // namespace theater::hosts::operation
