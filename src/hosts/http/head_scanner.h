// HeadScanner: finds the end of a message head while its bytes arrive.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>

#include "base/bytes.h"
#include "hosts/http/refusal.h"

namespace theater::hosts::http {

/// Looks at each byte once. Refuses what can never become a head as soon as it is seen: a line feed
/// without its carriage return, a carriage return alone, control characters, too many bytes.
/// Between calls the bytes before may move in memory, but not change.
class HeadScanner {
 public:
  /// `all`: what has arrived of this head so far. The offset behind its empty line; nullopt: more
  /// is wanted.
  std::expected<std::optional<std::size_t>, Refusal> scan(ByteSpan all);

 private:
  std::optional<Refusal> check_bounds(std::size_t size) const;

  std::size_t scanned_ = 0;
  std::size_t line_ = 0;   // where the current line begins
  std::size_t begin_ = 0;  // where the request line begins: one empty line before it is ignored
  bool is_first_line_ = true;
};

}  // namespace theater::hosts::http
