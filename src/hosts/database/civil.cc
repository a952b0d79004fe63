// Dates and times: proleptic Gregorian, UTC, microseconds.
#include "hosts/database/civil.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace theater::hosts::database {

namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kDayUs = 86'400 * kSecondUs;
constexpr int kFractionDigits = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int32_t> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || *year == 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

/// One to six digits after the point, as microseconds.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t fraction = 0;
  int digits = 0;
  while (!text.empty() && is_digit(text.front())) {
    if (++digits > kFractionDigits) return std::nullopt;
    fraction = fraction * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < kFractionDigits; ++digits) fraction *= 10;
  return fraction;
}

std::optional<std::int64_t> take_time(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *minute > 59 || *second > 59) return std::nullopt;
  std::int64_t time = (*hour * 3600LL + *minute * 60LL + *second) * kSecondUs;
  if (take(text, '.')) {
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    time += *fraction;
  }
  if (time > kDayUs) return std::nullopt;
  return time;
}

}  // namespace

std::optional<std::string> date_text(std::int32_t days) {
  using std::chrono::year_month_day;
  constexpr std::int32_t kFirst = -719'162, kLast = 2'932'896;  // 0001-01-01, 9999-12-31
  if (days < kFirst || days > kLast) return std::nullopt;
  const year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<std::int32_t> parse_date(std::string_view text) {
  const auto days = take_date(text);
  return text.empty() ? days : std::nullopt;
}

std::optional<std::string> time_text(std::int64_t microseconds) {
  if (microseconds < 0 || microseconds > kDayUs) return std::nullopt;
  const std::int64_t seconds = microseconds / kSecondUs;
  std::string text =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (microseconds % kSecondUs != 0) text += fmt::format(".{:06}", microseconds % kSecondUs);
  return text;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  const auto time = take_time(text);
  return text.empty() ? time : std::nullopt;
}

std::optional<std::string> timestamp_text(std::int64_t microseconds) {
  std::int64_t days = microseconds / kDayUs;
  std::int64_t rest = microseconds % kDayUs;
  if (rest < 0) {
    rest += kDayUs;
    --days;
  }
  if (days < INT32_MIN || days > INT32_MAX) return std::nullopt;
  const auto date = date_text(static_cast<std::int32_t>(days));
  if (!date) return std::nullopt;
  return *date + " " + *time_text(rest);
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  const auto days = take_date(text);
  if (!days || (!take(text, ' ') && !take(text, 'T'))) return std::nullopt;
  const auto time = take_time(text);
  const bool is_utc = text.empty() || text == "Z" || text == "+00" || text == "+00:00";
  if (!time || !is_utc) return std::nullopt;
  return *days * kDayUs + *time;
}

bool is_uuid(std::string_view text) {
  constexpr std::size_t kUuidChars = 36;
  if (text.size() != kUuidChars) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char lower = static_cast<char>(text[i] | 0x20);
    const bool is_hex = is_digit(text[i]) || (lower >= 'a' && lower <= 'f');
    if (is_dash ? text[i] != '-' : !is_hex) return false;
  }
  return true;
}

bool is_decimal(std::string_view text) {
  const auto take_digits = [&] {
    std::size_t count = 0;
    while (!text.empty() && is_digit(text.front())) {
      text.remove_prefix(1);
      ++count;
    }
    return count;
  };
  if (!take(text, '-')) take(text, '+');
  std::size_t digits = take_digits();
  if (take(text, '.')) digits += take_digits();
  if (digits == 0) return false;
  if (take(text, 'e') || take(text, 'E')) {
    if (!take(text, '-')) take(text, '+');
    if (take_digits() == 0) return false;
  }
  return text.empty();
}

}  // namespace theater::hosts::database
