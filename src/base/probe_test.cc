// Every probe is listed, and counts only when it is reached.
#include "base/probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace theater {
namespace {

void pass(int number) {
  if (number == 1) PROBE("test: one");
  if (number == 2) PROBE("test: two");
}

std::uint64_t hits_of(std::string_view name) {
  const auto found =
      std::ranges::find_if(probes(), [&](const ProbePoint& probe) { return probe.name == name; });
  return found == probes().end() ? UINT64_MAX : found->hits.load();
}

TEST(Probe, IsListedBeforeItIsReached) {
  EXPECT_EQ(hits_of("test: two"), 0u);
  pass(1);
  pass(1);
  EXPECT_EQ(hits_of("test: one"), 2u);
  EXPECT_EQ(hits_of("test: two"), 0u);
  EXPECT_EQ(hits_of("test: three"), UINT64_MAX);
}

}  // namespace
}  // namespace theater
