// Quotas: in some seeds an actor may use little of the log (limits.log_max), and uses it up.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/life.h"

namespace theater::sim {

/// One seed's, with chances of its own: the rest of the seed is as it would be without. Also an
/// oracle: whose log is used up takes nothing new.
class Quotas {
 public:
  explicit Quotas(std::uint64_t seed) : chance_(seed), is_in_use_(chance_.one_in(4)) {}

  /// Of one actor: bytes, or none.
  std::uint64_t draw();

  void begin_life(std::size_t actors) { taken_.assign(actors, std::nullopt); }
  /// BOUND-1: whoever was held up when this was called before has taken nothing since, but what
  /// tells it of its stop.
  Status check(Life& life, const std::vector<Witness>& witnesses);
  /// Whether check found anybody held up in this life.
  bool has_held_up() const;

 private:
  Chance chance_;
  const bool is_in_use_;
  std::vector<std::optional<std::size_t>> taken_;  // events of each, when it was first held up
};

}  // namespace theater::sim
