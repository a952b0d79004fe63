// Quotas: drawn small, watched closely.
#include "sim/quotas.h"

#include <algorithm>

namespace theater::sim {
namespace {

constexpr std::uint64_t kKibibyte = 1024;
constexpr std::uint64_t kQuotas[] = {64 * kKibibyte, 100 * kKibibyte, 200 * kKibibyte};

}  // namespace

std::uint64_t Quotas::draw() {
  if (!is_in_use_ || chance_.one_in(4)) return actor::kNoLogMax;
  return kQuotas[chance_.below(std::size(kQuotas))];
}

Status Quotas::check(Life& life, const std::vector<Witness>& witnesses) {
  if (!is_in_use_) return {};
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (!life.is_held_up(i)) continue;
    const std::size_t taken = witnesses[i].lives.back().taken.size();
    if (!taken_[i]) taken_[i] = taken;
    if (taken == *taken_[i]) continue;
    return fail(Code::kInternal, "BOUND-1: {} took {} events after its log was used up",
                witnesses[i].name, taken - *taken_[i]);
  }
  return {};
}

bool Quotas::has_held_up() const {
  return std::ranges::any_of(taken_, [](const auto& taken) { return taken.has_value(); });
}

}  // namespace theater::sim
