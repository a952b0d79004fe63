// HeadScanner: byte by byte.
#include "hosts/http/head_scanner.h"

#include "hosts/http/limits.h"

namespace theater::hosts::http {

namespace {

constexpr std::uint8_t kCarriageReturn = '\r', kLineFeed = '\n';

std::unexpected<Refusal> bad(const char* why) { return std::unexpected(Refusal{400, why}); }
bool is_control(std::uint8_t c) { return (c < 0x20 && c != '\t') || c == 0x7f; }

}  // namespace

std::expected<std::optional<std::size_t>, Refusal> HeadScanner::scan(ByteSpan all) {
  for (; scanned_ < all.size(); ++scanned_) {
    const std::uint8_t c = all[scanned_];
    const bool follows_return = scanned_ > line_ && all[scanned_ - 1] == kCarriageReturn;
    if (follows_return && c != kLineFeed) return bad("a carriage return without its line feed");
    if (c != kLineFeed) {
      if (c != kCarriageReturn && is_control(c)) return bad("a control character in the head");
      continue;
    }
    if (!follows_return) return bad("a line feed without its carriage return");
    const bool is_empty = scanned_ == line_ + 1;
    line_ = scanned_ + 1;
    if (is_first_line_ && is_empty) {
      if (begin_ > 0) return bad("empty lines before the request");
      begin_ = line_;
    } else if (is_empty) {
      const std::size_t end = scanned_ + 1;
      if (const auto refusal = check_bounds(end)) return std::unexpected(*refusal);
      return end;
    } else {
      if (const auto refusal = check_bounds(scanned_)) return std::unexpected(*refusal);
      is_first_line_ = false;
    }
  }
  if (const auto refusal = check_bounds(all.size())) return std::unexpected(*refusal);
  return std::nullopt;
}

std::optional<Refusal> HeadScanner::check_bounds(std::size_t size) const {
  constexpr std::size_t kLineMax = kTargetBytesMax + kMethodBytesMax + 16;
  if (is_first_line_ && size - begin_ > kLineMax) return Refusal{414, "the target is too long"};
  if (size - begin_ > kHeadBytesMax) return Refusal{431, "the head is too large"};
  return std::nullopt;
}

}  // namespace theater::hosts::http
