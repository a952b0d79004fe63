// Chance: the decisions of one seed.
#pragma once

#include <cstdint>
#include <span>

#include "io/manual_clock.h"

namespace theater::sim {

/// The same decisions for the same seed. One thread.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}

  std::uint64_t next() { return random_.next(); }
  /// Less than `bound`, which is not 0.
  std::uint64_t below(std::uint64_t bound) { return random_.next() % bound; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + below(most - least + 1);
  }
  /// True once in `n` times.
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  /// The index of one of the weights, each as likely as it is heavy.
  std::size_t pick(std::span<const std::uint32_t> weights) {
    std::uint64_t total = 0;
    for (const std::uint32_t weight : weights) total += weight;
    std::uint64_t at = below(total);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (at < weights[i]) return i;
      at -= weights[i];
    }
    return weights.size() - 1;
  }

 private:
  io::SeededRandom random_;
};

}  // namespace theater::sim
