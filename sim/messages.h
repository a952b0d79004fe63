// Messages: what the peers of one seed say.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sim/chance.h"

namespace theater::sim {

/// Words for the guest (guest/ledger.cc). Each seed has its own mixture.
class Messages {
 public:
  explicit Messages(Chance& chance);
  std::string next();
  /// Whether states are so large that snapshots are due now and then.
  bool is_large() const { return is_large_; }
  /// A name nobody had before.
  std::string next_name() { return "peer-" + std::to_string(++number_); }

 private:
  std::string command(std::size_t which);

  Chance& chance_;
  std::array<std::uint32_t, 19> weights_;
  bool is_large_ = false;
  std::uint64_t number_ = 0;
};

}  // namespace theater::sim
