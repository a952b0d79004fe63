// Dates and times are written as databases read them and come back as the same numbers; what is not
// exactly such a text is none.
#include "hosts/database/civil.h"

#include <gtest/gtest.h>

#include <random>

namespace theater::hosts::database {
namespace {

TEST(Civil, KnownDates) {
  EXPECT_EQ(date_text(0), "1970-01-01");
  EXPECT_EQ(date_text(-1), "1969-12-31");
  EXPECT_EQ(date_text(19'782), "2024-02-29");
  EXPECT_EQ(date_text(-719'162), "0001-01-01");
  EXPECT_EQ(date_text(2'932'896), "9999-12-31");
  EXPECT_EQ(date_text(2'932'897), std::nullopt);
  EXPECT_EQ(date_text(-719'163), std::nullopt);
  EXPECT_EQ(time_text(0), "00:00:00");
  EXPECT_EQ(time_text(86'399'999'999), "23:59:59.999999");
  EXPECT_EQ(time_text(86'400'000'000), "24:00:00");
  EXPECT_EQ(time_text(-1), std::nullopt);
  EXPECT_EQ(timestamp_text(-1), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(timestamp_text(INT64_MAX), std::nullopt);
  EXPECT_EQ(timestamp_text(INT64_MIN), std::nullopt);
}

TEST(Civil, ReadsWhatDatabasesWrite) {
  EXPECT_EQ(parse_timestamp("1970-01-01 00:00:01"), 1'000'000);
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00.5Z"), 500'000);
  EXPECT_EQ(parse_timestamp("1970-01-01 00:00:00.000001+00"), 1);
  EXPECT_EQ(parse_time("12:00:00.25"), 43'200'250'000);
}

TEST(Civil, RefusesEverythingElse) {
  for (const char* text : {"", "1970", "1970-1-1", "1970-02-30", "0000-01-01", "1970-01-01 ",
                           "infinity", "12026-01-01", "1970-01-01 BC"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
  for (const char* text : {"24:00:01", "12:60:00", "12:00", "12:00:00.", "12:00:00.1234567"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
  for (const char* text : {"1970-01-01", "1970-01-01 00:00:00+01", "1970-01-01x00:00:00"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(Civil, RandomTimesComeBack) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 chance(seed);
  std::uniform_int_distribution<std::int64_t> times(-62'135'596'800'000'000,
                                                    253'402'300'799'999'999);
  std::uniform_int_distribution<std::int32_t> days(-719'162, 2'932'896);
  for (int turn = 0; turn < 20'000; ++turn) {
    const std::int64_t time = times(chance);
    EXPECT_EQ(parse_timestamp(*timestamp_text(time)), time);
    const std::int32_t day = days(chance);
    EXPECT_EQ(parse_date(*date_text(day)), day);
  }
}

TEST(Civil, UuidsAndDecimals) {
  EXPECT_TRUE(is_uuid("01234567-89ab-cdef-ABCD-0123456789ab"));
  EXPECT_FALSE(is_uuid("01234567-89ab-cdef-ABCD-0123456789a"));
  EXPECT_FALSE(is_uuid("01234567089ab-cdef-ABCD-0123456789ab"));
  EXPECT_FALSE(is_uuid("g1234567-89ab-cdef-ABCD-0123456789ab"));
  for (const char* text : {"0", "-1.50", "+.5", "5.", "1e10", "12.34E-5"}) {
    EXPECT_TRUE(is_decimal(text)) << text;
  }
  for (const char* text : {"", "-", ".", "1e", "0x10", "1 ", "NaN", "1,5"}) {
    EXPECT_FALSE(is_decimal(text)) << text;
  }
}

}  // namespace
}  // namespace theater::hosts::database
