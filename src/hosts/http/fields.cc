// Fields: tables of characters, lists.
#include "hosts/http/fields.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace theater::hosts::http {

namespace {

constexpr std::uint8_t kTokenBit = 1, kValueBit = 2;

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < classes.size(); ++c) {
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) classes[c] = kValueBit;
    const bool is_alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_alphanumeric) classes[c] |= kTokenBit;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    classes[static_cast<unsigned char>(c)] |= kTokenBit;
  }
  return classes;
}();

bool all_are(std::string_view text, std::uint8_t bit) {
  return std::ranges::all_of(text, [bit](unsigned char c) { return (kClasses[c] & bit) != 0; });
}

char lower_character(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && all_are(text, kTokenBit); }

bool is_field_value(std::string_view text) { return all_are(text, kValueBit); }

std::optional<std::uint64_t> decimal(std::string_view text, std::size_t digits_max) {
  if (text.empty() || text.size() > digits_max) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower_character);
  return out;
}

bool same_word(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, lower_character, lower_character);
}

std::vector<std::string> elements(std::string_view list) {
  std::vector<std::string> found;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (!element.empty()) found.emplace_back(element);
  }
  return found;
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (same_word(trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

std::optional<FieldLine> parse_field_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const FieldLine field{line.substr(0, colon), trim(line.substr(colon + 1))};
  if (!is_token(field.name) || !is_field_value(field.value)) return std::nullopt;
  return field;
}

}  // namespace theater::hosts::http
