// Sizes and spans are read exactly, written back the same, and refused with the unit to use.
#include "actor/units.h"

#include <gtest/gtest.h>

namespace theater::actor {
namespace {

TEST(Units, ReadsSizes) {
  EXPECT_EQ(parse_size("0").value(), 0u);
  EXPECT_EQ(parse_size("4096").value(), 4096u);
  EXPECT_EQ(parse_size("64KiB").value(), 64u << 10);
  EXPECT_EQ(parse_size("1 MiB").value(), 1u << 20);
  EXPECT_EQ(parse_size("10kB").value(), 10'000u);
  EXPECT_FALSE(parse_size("MiB"));
  EXPECT_FALSE(parse_size("64 miles"));
  EXPECT_FALSE(parse_size("-1"));
  EXPECT_FALSE(parse_size("18446744073709551615GiB"));
}

TEST(Units, ReadsSpansAndNeedsAUnit) {
  EXPECT_EQ(parse_duration("250ms").value(), Milliseconds(250));
  EXPECT_EQ(parse_duration("5s").value(), std::chrono::seconds(5));
  EXPECT_EQ(parse_duration("2 h").value(), std::chrono::hours(2));
  EXPECT_EQ(parse_duration("5").error().message, "\"5\" needs a unit: ns, us, ms, s, m or h");
  EXPECT_FALSE(parse_duration("999999999999999h"));
}

TEST(Units, WritesWhatItReads) {
  for (const std::uint64_t bytes : {0ull, 1ull, 1024ull, 1536ull, 64ull << 20, 3ull << 30}) {
    EXPECT_EQ(parse_size(size_text(bytes)).value(), bytes) << size_text(bytes);
  }
  for (const std::int64_t span : {0ll, 1ll, 1'500'000ll, 1'000'000'000ll, 90'000'000'000ll}) {
    EXPECT_EQ(parse_duration(duration_text(Nanoseconds(span))).value(), Nanoseconds(span));
  }
  EXPECT_EQ(size_text(64 << 20), "64MiB");
  EXPECT_EQ(duration_text(std::chrono::seconds(10)), "10s");
}

TEST(Units, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("memry", "memory"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

}  // namespace
}  // namespace theater::actor
