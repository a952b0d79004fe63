// Refusal: an HTTP answer of the host's own instead of what was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace theater::hosts::http {

struct Refusal {
  std::uint16_t status = 400;
  std::string message;
  std::uint32_t retry_seconds = 0;  // not 0: Retry-After
  bool operator==(const Refusal&) const = default;
};

/// The reason phrase of a status; "Unknown" if it has none.
std::string_view reason_of(std::uint16_t status);
/// The whole answer, after which the connection is closed.
std::string refusal_response(const Refusal& refusal);

}  // namespace theater::hosts::http
