// Mutator: inputs for decoders, made of good ones by small damage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace fuzz {

using Sample = std::vector<std::uint8_t>;

/// The same inputs for the same seed. One thread.
class Mutator {
 public:
  /// `samples` is not empty.
  Mutator(std::vector<Sample> samples, std::uint64_t seed)
      : samples_(std::move(samples)), random_(seed) {}

  /// The next input; valid until the next call.
  std::span<const std::uint8_t> next();

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  void damage();
  void damage_byte(std::uint8_t& byte);
  void copy_within();
  void take_from_another();

  const std::vector<Sample> samples_;
  std::mt19937_64 random_;
  Sample input_;
};

}  // namespace fuzz
