// Mutator: a few changes to a sample each time.
#include "fuzz/mutator.h"

#include <algorithm>
#include <array>

namespace fuzz {
namespace {

constexpr std::size_t kChangesMax = 6;
constexpr std::size_t kPieceMax = 24;       // bytes copied or removed at once
constexpr std::size_t kInputMax = 8 << 10;  // longer ones are cut
// Bounds, white space, and what begins a longer number in LEB128 and CBOR.
constexpr std::array<std::uint8_t, 10> kEdges{0x00, 0x01, 0x7f, 0x80, 0xff,
                                              0xfe, 0x20, 0x0a, 0x18, 0x19};

}  // namespace

std::span<const std::uint8_t> Mutator::next() {
  input_ = samples_[below(samples_.size())];
  // Mostly one change: a strict decoder looks no further than the first that it sees.
  std::size_t changes = 1;
  while (changes < kChangesMax && below(2) == 0) ++changes;
  for (; changes > 0; --changes) damage();
  if (input_.size() > kInputMax) input_.resize(kInputMax);
  return input_;
}

void Mutator::damage() {
  if (input_.empty()) {
    input_.push_back(static_cast<std::uint8_t>(random_()));
    return;
  }
  const std::size_t at = below(input_.size());
  switch (below(8)) {
    case 0: {
      const std::size_t piece = std::min(1 + below(kPieceMax), input_.size() - at);
      const auto first = input_.begin() + static_cast<std::ptrdiff_t>(at);
      input_.erase(first, first + static_cast<std::ptrdiff_t>(piece));
      return;
    }
    case 1:
      return input_.resize(at);
    case 2:
      return copy_within();
    case 3:
      return take_from_another();
    case 4:
      input_.insert(
          input_.begin() + static_cast<std::ptrdiff_t>(at),
          below(2) == 0 ? kEdges[below(kEdges.size())] : static_cast<std::uint8_t>(random_()));
      return;
    default:
      return damage_byte(input_[at]);
  }
}

void Mutator::damage_byte(std::uint8_t& byte) {
  switch (below(4)) {
    case 0:
      byte ^= static_cast<std::uint8_t>(1 << below(8));
      return;
    case 1:
      byte = static_cast<std::uint8_t>(random_());
      return;
    case 2:
      byte = kEdges[below(kEdges.size())];
      return;
    default:
      byte = static_cast<std::uint8_t>(byte + below(5) - 2);
  }
}

/// A piece of the input once more, in another place.
void Mutator::copy_within() {
  const std::size_t from = below(input_.size());
  const std::size_t count = std::min(1 + below(kPieceMax), input_.size() - from);
  const auto first = input_.begin() + static_cast<std::ptrdiff_t>(from);
  const Sample piece(first, first + static_cast<std::ptrdiff_t>(count));
  const auto to = static_cast<std::ptrdiff_t>(below(input_.size() + 1));
  input_.insert(input_.begin() + to, piece.begin(), piece.end());
}

/// The beginning of this, the end of another.
void Mutator::take_from_another() {
  const Sample& other = samples_[below(samples_.size())];
  input_.resize(below(input_.size() + 1));
  const auto from = static_cast<std::ptrdiff_t>(below(other.size() + 1));
  input_.insert(input_.end(), other.begin() + from, other.end());
}

}  // namespace fuzz
