// Least: a limit that another limit asks to be large enough.
#pragma once

#include <cstdint>
#include <string_view>

#include "actor/settings.h"
#include "actor/units.h"

namespace theater::host {

/// The least that a limit may be.
struct Least {
  std::uint64_t bytes = 0;
  std::string_view what;  // the limits it comes from, for people: "out_high"
};

/// Raises a default to `least`. What the grant itself sets is refused if it is less.
inline void need_at_least(actor::SettingsReader& reader, std::string_view key, std::uint64_t& value,
                          const Least& least) {
  if (value >= least.bytes) return;
  if (reader.has(key)) {
    reader.refuse(key,
                  fmt::format("must be at least {} ({}), not {}", actor::size_text(least.bytes),
                              least.what, actor::size_text(value)));
  }
  value = least.bytes;
}

}  // namespace theater::host
