// Units: one table each for sizes and spans, used for reading and for writing.
#include "actor/units.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace theater::actor {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr Unit kSizes[] = {{"B", 1},
                           {"kB", 1'000},
                           {"MB", 1'000'000},
                           {"GB", 1'000'000'000},
                           {"KiB", 1ull << 10},
                           {"MiB", 1ull << 20},
                           {"GiB", 1ull << 30}};
constexpr Unit kSpans[] = {{"ns", 1},
                           {"us", 1'000},
                           {"ms", 1'000'000},
                           {"s", 1'000'000'000},
                           {"m", 60'000'000'000},
                           {"h", 3'600'000'000'000}};

struct Quantity {
  std::uint64_t number = 0;
  std::string_view unit;
};

Result<Quantity> split(std::string_view text) {
  Quantity quantity;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), quantity.number);
  if (error != std::errc()) return fail(Code::kInvalid, "\"{}\" is not a number", text);
  quantity.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (quantity.unit.starts_with(' ')) quantity.unit.remove_prefix(1);
  return quantity;
}

Result<std::uint64_t> multiply(const Quantity& quantity, std::span<const Unit> units,
                               std::string_view words) {
  for (const Unit& unit : units) {
    if (unit.name != quantity.unit) continue;
    if (quantity.number > std::numeric_limits<std::int64_t>::max() / unit.factor) {
      return fail(Code::kTooLarge, "{}{} is too large", quantity.number, quantity.unit);
    }
    return quantity.number * unit.factor;
  }
  return fail(Code::kInvalid, "unknown unit \"{}\"; use {}", quantity.unit, words);
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  TRY(Quantity quantity, split(text));
  if (quantity.unit.empty()) quantity.unit = "B";
  return multiply(quantity, kSizes, "B, kB, MB, GB, KiB, MiB or GiB");
}

Result<Nanoseconds> parse_duration(std::string_view text) {
  TRY(const Quantity quantity, split(text));
  if (quantity.unit.empty()) {
    return fail(Code::kInvalid, "\"{}\" needs a unit: ns, us, ms, s, m or h", text);
  }
  TRY(const std::uint64_t count, multiply(quantity, kSpans, "ns, us, ms, s, m or h"));
  return Nanoseconds(static_cast<std::int64_t>(count));
}

std::string size_text(std::uint64_t bytes) {
  for (std::size_t i = std::size(kSizes); i-- > 4;) {
    if (bytes != 0 && bytes % kSizes[i].factor == 0) {
      return fmt::format("{}{}", bytes / kSizes[i].factor, kSizes[i].name);
    }
  }
  return fmt::format("{}B", bytes);
}

std::string duration_text(Nanoseconds span) {
  const auto count = static_cast<std::uint64_t>(span.count());
  for (std::size_t i = std::size(kSpans); i-- > 0;) {
    if (count % kSpans[i].factor == 0 && (count != 0 || i == 3)) {
      return fmt::format("{}{}", count / kSpans[i].factor, kSpans[i].name);
    }
  }
  return fmt::format("{}ns", count);
}

std::size_t edit_distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace theater::actor
