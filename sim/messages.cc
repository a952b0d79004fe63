// Messages: a mixture for each seed.
#include "sim/messages.h"

#include <fmt/format.h>

namespace theater::sim {
namespace {

constexpr std::uint64_t kBlobs[] = {0, 100, 5000, 40'000};
constexpr std::uint64_t kLargeBlob = 600'000;
constexpr std::uint64_t kBoastsMax = 12;  // of 60 KB; a shard's queue to the log holds 17
constexpr std::uint64_t kPrograms = 5;    // of which four are granted

}  // namespace

Messages::Messages(Chance& chance)
    : chance_(chance), weights_{30, 20, 6, 6, 8, 3, 2, 3, 6, 3, 0, 3, 2, 2, 1, 6, 2, 3, 1} {
  if (chance.one_in(6)) {
    is_large_ = true;
    weights_[7] = 40;
  }
  if (chance.one_in(4)) weights_[10] = 1;
  if (chance.one_in(3)) weights_[11] = weights_[12] = weights_[13] = weights_[14] = 0;
  if (chance.one_in(6)) weights_[11] = weights_[12] = 12;
}

std::string Messages::command(std::size_t which) {
  switch (which) {
    case 0:
      return fmt::format("add {}", chance_.below(1000));
    case 1:
      return fmt::format("quiet {}", chance_.below(1000));
    case 2:
      return fmt::format("cast {}", chance_.below(1000));
    case 3:
      return "time";
    case 4:
      return fmt::format("after {}", chance_.below(chance_.one_in(4) ? 2000 : 40));
    case 5:
      return fmt::format("every {}", chance_.between(50, 500));
    case 6:
      return "cancel";
    case 7:
      if (is_large_) return fmt::format("blob {}", kLargeBlob);
      return fmt::format("blob {}", kBlobs[chance_.below(std::size(kBlobs))]);
    case 8:
      return fmt::format("slow {}", chance_.between(1, 6));
    case 9:
      return "close";
    case 10:
      return "stop";
    case 11:
      return "fail";
    case 12:
      return "trap";
    case 13:
      return "hang";
    case 14:
      return "burn";
    case 15:
      return fmt::format("run {}", chance_.below(kPrograms));
    case 16:
      return "enough";
    case 17:
      return fmt::format("read {}", chance_.below(100));
    default:
      return fmt::format("boast {}", chance_.between(1, kBoastsMax));
  }
}

std::string Messages::next() {
  return fmt::format("{} {}", command(chance_.pick(weights_)), ++number_);
}

}  // namespace theater::sim
