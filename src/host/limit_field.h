// LimitField: a family's limits as a table, read from its grant and shown to people.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "actor/settings.h"
#include "base/time.h"

namespace theater::host {

/// One limit of the struct `Limits`: its key in the grant and what it may be. The default is what
/// the struct holds before read_limits. Counts are written 1024, sizes "64KiB", spans "30s".
template <typename Limits>
struct LimitField {
  enum class Unit : std::uint8_t { kCount, kBytes };
  std::string_view key;
  std::variant<std::uint64_t Limits::*, Nanoseconds Limits::*> place;
  std::int64_t least = 0;  // nanoseconds, for spans
  std::int64_t most = 0;
  Unit unit = Unit::kCount;
};

/// Reads every limit of the table that the grant sets; the reader notes what is out of range.
template <typename Limits, std::size_t kSize>
void read_limits(actor::SettingsReader& reader, const LimitField<Limits> (&fields)[kSize],
                 Limits& limits) {
  using Field = LimitField<Limits>;
  for (const Field& field : fields) {
    if (const auto* number = std::get_if<std::uint64_t Limits::*>(&field.place)) {
      std::uint64_t& value = limits.*(*number);
      const actor::SettingsReader::Range range{field.least, field.most};
      value = field.unit == Field::Unit::kBytes
                  ? reader.bytes(field.key, value, range)
                  : static_cast<std::uint64_t>(
                        reader.integer(field.key, static_cast<std::int64_t>(value), range));
    } else {
      Nanoseconds& value = limits.*std::get<Nanoseconds Limits::*>(field.place);
      value =
          reader.duration(field.key, value, {Nanoseconds(field.least), Nanoseconds(field.most)});
    }
  }
}

/// Reads a grant that sets nothing but limits. `where` is the table's name: "grants.timer".
template <typename Limits, std::size_t kSize>
Result<Limits> read_grant(const actor::Setting& table, std::string_view where,
                          const LimitField<Limits> (&fields)[kSize]) {
  actor::SettingsReader reader(table, std::string(where));
  Limits limits;
  read_limits(reader, fields, limits);
  TRY_OK(reader.finish());
  return limits;
}

}  // namespace theater::host
