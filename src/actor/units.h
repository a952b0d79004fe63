// Sizes and spans of time as people write them: "64MiB", "250ms".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace theater::actor {

/// A whole number of bytes with an optional unit: B, kB, MB, GB (thousands), KiB, MiB, GiB.
Result<std::uint64_t> parse_size(std::string_view text);
/// A whole number with a unit: ns, us, ms, s, m, h. A unit is needed.
Result<Nanoseconds> parse_duration(std::string_view text);

/// The shortest exact form that the parsers read back: "64MiB", "1500ms".
std::string size_text(std::uint64_t bytes);
std::string duration_text(Nanoseconds span);

/// Changes (insert, remove, replace one character) that lead from one word to the other.
std::size_t edit_distance(std::string_view one, std::string_view other);

}  // namespace theater::actor
