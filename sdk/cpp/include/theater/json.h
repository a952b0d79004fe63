// Writing JSON.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "theater/text.h"

namespace theater {

/// Appends the text as a JSON string: quoted, with everything escaped that must be.
void append_json_string(std::string& out, std::string_view text);

inline void append_json(std::string& out, std::string_view text) { append_json_string(out, text); }
template <class Number>
  requires(std::integral<Number> || std::floating_point<Number>)
void append_json(std::string& out, Number value) {
  append(out, value);
}

namespace detail {
/// About the bytes a value takes.
template <class Value>
std::size_t size_hint(const Value& value) {
  if constexpr (std::convertible_to<const Value&, std::string_view>) {
    return std::string_view(value).size() + 8;
  } else {
    return 16;
  }
}

inline void append_members(std::string&, char) {}
template <class Value, class... Rest>
void append_members(std::string& out, char before, std::string_view name, const Value& value,
                    const Rest&... rest) {
  out += before;
  append_json_string(out, name);
  out += ':';
  append_json(out, value);
  append_members(out, ',', rest...);
}
}  // namespace detail

/// {"seq":1,"text":"hi"} from ("seq", 1, "text", "hi").
template <class... Members>
std::string json_object(const Members&... members) {
  std::string out;
  out.reserve((detail::size_hint(members) + ... + 2));
  detail::append_members(out, '{', members...);
  if (out.empty()) out = "{";
  out += '}';
  return out;
}

}  // namespace theater
