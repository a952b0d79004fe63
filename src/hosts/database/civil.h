// Dates and times as databases write them, to and from the numbers of the WIT `value`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace theater::hosts::database {

/// "2026-11-25". Nothing: not in the years 1 to 9999, or not such a text.
std::optional<std::string> date_text(std::int32_t days);
std::optional<std::int32_t> parse_date(std::string_view text);

/// "23:59:59.999999"; no fraction if it is zero. From 00:00:00 to 24:00:00.
std::optional<std::string> time_text(std::int64_t microseconds);
std::optional<std::int64_t> parse_time(std::string_view text);

/// "2026-11-25 23:59:59.999999"; read also with T between and with an ending of Z, +00 or +00:00.
std::optional<std::string> timestamp_text(std::int64_t microseconds);
std::optional<std::int64_t> parse_timestamp(std::string_view text);

/// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text);
/// [sign] digits [. digits] [e exponent].
bool is_decimal(std::string_view text);

}  // namespace theater::hosts::database
