// Settings: looking up, and reading a table strictly.
#include "actor/settings.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "actor/units.h"

namespace theater::actor {
namespace {

std::string_view kind_name(Setting::Kind kind) {
  switch (kind) {
    case Setting::Kind::kText:
      return "a text";
    case Setting::Kind::kInteger:
      return "a whole number";
    case Setting::Kind::kNumber:
      return "a number";
    case Setting::Kind::kBoolean:
      return "true or false";
    case Setting::Kind::kList:
      return "a list";
    case Setting::Kind::kTable:
      return "a table";
  }
  return "a value";
}

/// The known word nearest to `word`, if it is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string> known) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace

const Setting* Setting::find(std::string_view name) const {
  if (kind != Kind::kTable) return nullptr;
  const auto found = std::ranges::find(items, name, &Setting::key);
  return found == items.end() ? nullptr : &*found;
}

std::string Setting::place() const { return fmt::format("{}:{}:{}", file, line, column); }

SettingsReader::SettingsReader(const Setting& table, std::string path)
    : table_(table), path_(std::move(path)) {
  if (table.kind != Setting::Kind::kTable) {
    problem_ = Error{Code::kInvalid, fmt::format("{}: {} must be a table, not {}", table.place(),
                                                 path_, kind_name(table.kind))};
  }
}

const Setting* SettingsReader::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  return table_.find(key);
}

bool SettingsReader::has(std::string_view key) const { return table_.find(key) != nullptr; }

void SettingsReader::refuse(std::string_view key, std::string_view message) {
  if (problem_) return;
  const Setting* setting = table_.find(key);
  const std::string place = setting != nullptr ? setting->place() : table_.place();
  const std::string name = path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  problem_ = Error{Code::kInvalid, fmt::format("{}: {} {}", place, name, message)};
}

const Setting* SettingsReader::find_kind(std::string_view key, Setting::Kind kind) {
  const Setting* setting = find(key);
  if (setting == nullptr || setting->kind == kind) return setting;
  refuse(key, fmt::format("must be {}, not {}", kind_name(kind), kind_name(setting->kind)));
  return nullptr;
}

std::optional<std::string> SettingsReader::optional_text(std::string_view key) {
  const Setting* setting = find_kind(key, Setting::Kind::kText);
  if (setting == nullptr) return std::nullopt;
  return setting->text;
}

std::string SettingsReader::text(std::string_view key, std::string_view missing) {
  return optional_text(key).value_or(std::string(missing));
}

std::string SettingsReader::required_text(std::string_view key) {
  if (!has(key)) refuse(key, "is missing");
  return text(key, "");
}

std::size_t SettingsReader::choice(std::string_view key, std::span<const std::string_view> words,
                                   std::size_t missing) {
  const std::optional<std::string> word = optional_text(key);
  if (!word) return missing;
  const auto found = std::ranges::find(words, std::string_view(*word));
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::vector<std::string> list(words.begin(), words.end());
  refuse(key, fmt::format("must be one of {}, not \"{}\"", fmt::join(list, ", "), *word));
  return missing;
}

std::vector<std::string> SettingsReader::texts(std::string_view key) {
  std::vector<std::string> out;
  const Setting* setting = find_kind(key, Setting::Kind::kList);
  if (setting == nullptr) return out;
  for (const Setting& item : setting->items) {
    if (item.kind != Setting::Kind::kText) {
      refuse(key, fmt::format("must be a list of texts, not of {}", kind_name(item.kind)));
      return out;
    }
    out.push_back(item.text);
  }
  return out;
}

std::int64_t SettingsReader::integer(std::string_view key, std::int64_t missing, Range range) {
  const Setting* setting = find(key);
  if (setting == nullptr) return missing;
  std::int64_t value = setting->integer;
  if (setting->kind == Setting::Kind::kText) {  // of a variable
    const std::string& text = setting->text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      refuse(key, fmt::format("must be a whole number, not \"{}\"", text));
      return missing;
    }
  } else if (setting->kind != Setting::Kind::kInteger) {
    refuse(key, fmt::format("must be a whole number, not {}", kind_name(setting->kind)));
    return missing;
  }
  if (value >= range.least && value <= range.most) return value;
  refuse(key, fmt::format("must be from {} to {}, not {}", range.least, range.most, value));
  return missing;
}

std::uint64_t SettingsReader::bytes(std::string_view key, std::uint64_t missing, Range range) {
  const Setting* setting = find(key);
  if (setting == nullptr) return missing;
  Result<std::uint64_t> value = fail(Code::kInvalid, "must be a size such as \"64KiB\"");
  if (setting->kind == Setting::Kind::kText) value = parse_size(setting->text);
  if (setting->kind == Setting::Kind::kInteger && setting->integer >= 0) {
    value = static_cast<std::uint64_t>(setting->integer);
  }
  if (!value) {
    refuse(key, fmt::format("is no size: {}", value.error().message));
    return missing;
  }
  const auto least = static_cast<std::uint64_t>(range.least);
  const auto most = static_cast<std::uint64_t>(range.most);
  if (*value >= least && *value <= most) return *value;
  refuse(key, fmt::format("must be from {} to {}, not {}", size_text(least), size_text(most),
                          size_text(*value)));
  return missing;
}

Nanoseconds SettingsReader::duration(std::string_view key, Nanoseconds missing,
                                     std::pair<Nanoseconds, Nanoseconds> range) {
  const Setting* setting = find(key);
  if (setting == nullptr) return missing;
  Result<Nanoseconds> value = fail(Code::kInvalid, "write a text with a unit, such as \"5s\"");
  if (setting->kind == Setting::Kind::kText) value = parse_duration(setting->text);
  if (!value) {
    refuse(key, fmt::format("is no span of time: {}", value.error().message));
    return missing;
  }
  if (*value >= range.first && *value <= range.second) return *value;
  refuse(key, fmt::format("must be from {} to {}, not {}", duration_text(range.first),
                          duration_text(range.second), duration_text(*value)));
  return missing;
}

std::optional<bool> SettingsReader::boolean(std::string_view key) {
  const Setting* setting = find_kind(key, Setting::Kind::kBoolean);
  if (setting == nullptr) return std::nullopt;
  return setting->boolean;
}

const Setting* SettingsReader::table(std::string_view key) {
  return find_kind(key, Setting::Kind::kTable);
}

const Setting* SettingsReader::list(std::string_view key) {
  return find_kind(key, Setting::Kind::kList);
}

Status SettingsReader::finish() {
  for (const Setting& entry : table_.items) {
    const std::string& key = entry.key;
    if (std::ranges::find(known_, key) != known_.end()) continue;
    const std::string_view guess = nearest(key, known_);
    const std::string hint = guess.empty() ? fmt::format("known keys: {}", fmt::join(known_, ", "))
                                           : fmt::format("did you mean \"{}\"?", guess);
    problem_ = Error{Code::kInvalid,
                     fmt::format("{}:{}:{}: unknown key \"{}\"{}; {}", entry.file, entry.key_line,
                                 entry.key_column, key,
                                 path_.empty() ? "" : fmt::format(" in [{}]", path_), hint)};
    break;
  }
  if (problem_) return std::unexpected(*problem_);
  return {};
}

}  // namespace theater::actor
