// Each planted bug must be found within a few seeds; without one, the same seeds must be clean.
#include <gtest/gtest.h>

#include "sim/world.h"

namespace theater::sim {
namespace {

constexpr std::uint64_t kSeedsMax = 60;

const Stage& stage() {
  static const auto shared = Stage::create(THEATER_LEDGER, THEATER_SIM_CACHE);
  return **shared;
}

/// What the first seed that fails says, "" if none does.
std::string first_failure(Bug bug, std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RunReport report = play(stage(), {seed, bug});
    if (report.failure) return fmt::format("seed {}: {}", seed, *report.failure);
  }
  return "";
}

class Planted : public testing::TestWithParam<BugName> {};

TEST_P(Planted, IsFound) {
  const std::string failure = first_failure(GetParam().bug, kSeedsMax);
  EXPECT_NE(failure, "") << GetParam().name << " was not found in " << kSeedsMax << " seeds";
  fmt::print("{}: {}\n", GetParam().name, failure);
}

INSTANTIATE_TEST_SUITE_P(All, Planted, testing::ValuesIn(kBugNames.begin() + 1, kBugNames.end()),
                         [](const auto& each) {
                           std::string name(each.param.name);
                           std::erase(name, '-');
                           return name;
                         });

TEST(Simulation, IsCleanWithoutABug) { EXPECT_EQ(first_failure(Bug::kNone, 20), ""); }

TEST(Simulation, GivesTheSameChainsForTheSameSeed) {
  for (const std::uint64_t seed : {3u, 5u, 8u}) {
    const RunReport one = play(stage(), {seed}), other = play(stage(), {seed});
    EXPECT_EQ(one.heads, other.heads) << "seed " << seed;
    EXPECT_FALSE(one.heads.empty());
  }
}

}  // namespace
}  // namespace theater::sim
