// Reads test scripts of the WebAssembly reference suites: the forms of a script, and its constants
// as WAVE.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace theater::wasm::testing {

/// A form: a word, a string (decoded) or a list. `text` of a list is its source.
struct Form {
  enum class Kind { kWord, kString, kList };
  Kind kind = Kind::kWord;
  std::string text;
  std::vector<Form> items;

  bool is(std::string_view head) const {
    return kind == Kind::kList && !items.empty() && items[0].text == head;
  }
};

/// A recursive reader; scripts are well-formed (CHECKed).
class FormReader {
 public:
  explicit FormReader(std::string_view source) : source_(source) {}

  std::vector<Form> all() {
    std::vector<Form> forms;
    for (skip(); place_ < source_.size(); skip()) forms.push_back(next());
    return forms;
  }

 private:
  void skip() {
    while (place_ < source_.size()) {
      if (source_.substr(place_).starts_with(";;")) {
        place_ = source_.find('\n', place_);
        if (place_ == std::string_view::npos) place_ = source_.size();
      } else if (source_.substr(place_).starts_with("(;")) {
        place_ = source_.find(";)", place_) + 2;
      } else if (std::string_view(" \t\r\n").find(source_[place_]) != std::string_view::npos) {
        ++place_;
      } else {
        return;
      }
    }
  }

  Form next() {
    CHECK(place_ < source_.size(), "scripts are well-formed");
    if (source_[place_] == '(') return list();
    if (source_[place_] == '"') return string();
    const std::size_t begin = place_;
    while (place_ < source_.size() &&
           std::string_view(" \t\r\n()\"").find(source_[place_]) == std::string_view::npos) {
      ++place_;
    }
    return {Form::Kind::kWord, std::string(source_.substr(begin, place_ - begin)), {}};
  }

  Form list() {
    Form form{Form::Kind::kList, "", {}};
    const std::size_t begin = place_++;
    for (skip(); source_.at(place_) != ')'; skip()) form.items.push_back(next());
    ++place_;
    form.text = source_.substr(begin, place_ - begin);
    return form;
  }

  Form string() {
    Form form{Form::Kind::kString, "", {}};
    for (++place_; source_.at(place_) != '"'; ++place_) {
      if (source_[place_] != '\\') {
        form.text += source_[place_];
        continue;
      }
      const char escape = source_.at(++place_);
      if (escape == 'n') {
        form.text += '\n';
      } else if (escape == '"' || escape == '\\' || escape == '\'') {
        form.text += escape;
      } else if (escape == 'u') {
        const std::size_t end = source_.find('}', place_);
        form.text += "\\u" + std::string(source_.substr(place_ + 1, end - place_));
        place_ = end;
      } else {
        unsigned byte = 0;
        std::from_chars(source_.data() + place_, source_.data() + place_ + 2, byte, 16);
        form.text += static_cast<char>(byte);
        ++place_;
      }
    }
    ++place_;
    return form;
  }

  std::string_view source_;
  std::size_t place_ = 0;
};

using FormSpan = std::span<const Form>;

inline std::string wave_of(FormSpan constant);

inline std::string wave_list(FormSpan constants, std::string_view brackets) {
  std::string text(1, brackets[0]);
  for (const Form& item : constants) text += wave_of(item.items) + ", ";
  if (text.size() > 1) text.resize(text.size() - 2);
  return text + brackets[1];
}

inline std::string wave_number(std::string_view text) {
  if (!text.starts_with("0x")) return std::string(text);
  std::uint64_t number = 0;
  std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
  return fmt::to_string(number);
}

inline std::string wave_case(std::string_view name, FormSpan payload) {
  if (payload.empty()) return std::string(name);
  return fmt::format("{}({})", name, wave_of(payload[0].items));
}

/// A constant such as `u32.const 7` or `list.const (...)`, without its parentheses, as WAVE.
inline std::string wave_of(FormSpan constant) {
  const std::string& head = constant[0].text;
  const FormSpan rest = constant.subspan(1);
  if (head == "str.const") {
    std::string text = "\"";
    for (const char c : rest[0].text) {
      if (c == '"' || (c == '\\' && !rest[0].text.contains("\\u{"))) text += '\\';
      text += c;
    }
    return text + "\"";
  }
  if (head == "char.const") return "'" + rest[0].text + "'";
  if (head == "list.const") return wave_list(rest, "[]");
  if (head == "tuple.const") return wave_list(rest, "()");
  if (head == "enum.const") return rest[0].text;
  if (head == "variant.const") return wave_case(rest[0].text, rest.subspan(1));
  if (head == "option.some") return wave_case("some", rest);
  if (head == "option.none") return "none";
  if (head == "result.ok") return wave_case("ok", rest);
  if (head == "result.err") return wave_case("err", rest);
  if (head == "flags.const" || head == "record.const") {
    std::string text = "{";
    for (const Form& item : rest) {
      if (text.size() > 1) text += ", ";
      text += item.text.starts_with('(')
                  ? item.items[1].text + ": " + wave_of(FormSpan(item.items).subspan(2))
                  : item.text;
    }
    return text + "}";
  }
  CHECK(head.ends_with(".const"), "constants are known");
  return wave_number(rest[0].text);
}

}  // namespace theater::wasm::testing
