// Fields: the characters and lists of HTTP's header fields (RFC 9110, 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace theater::hosts::http {

/// 1*tchar: a method, a field's name.
bool is_token(std::string_view text);
/// Visible characters, bytes from 0x80 on, spaces and tabs: nothing that could end a line.
bool is_field_value(std::string_view text);
/// 1*DIGIT, at most `digits_max` of them, without a sign or white space.
std::optional<std::uint64_t> decimal(std::string_view text, std::size_t digits_max);
/// Without the spaces and tabs around it.
std::string_view trim(std::string_view text);
/// ASCII letters in lower case.
std::string lower(std::string_view text);
/// Equal but for the case of ASCII letters.
bool same_word(std::string_view one, std::string_view other);
/// The elements of a comma-separated list, without white space around them; empty ones left out.
std::vector<std::string> elements(std::string_view list);
/// Whether such a list names `token`, in any case.
bool has_token(std::string_view list, std::string_view token);

struct FieldLine {
  std::string_view name;   // as written
  std::string_view value;  // trimmed
};
/// "name: value" without its line end; nullopt: not a field line (folded, no name, white space
/// before the colon, control characters).
std::optional<FieldLine> parse_field_line(std::string_view line);

}  // namespace theater::hosts::http
