// parse_settings: toml++ reads the text; its tree becomes Settings with places and variables.
#include <algorithm>
#include <optional>

#include "actor/settings.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace theater::actor {
namespace {

constexpr std::size_t kDepthMax = 16;

class TreeBuilder {
 public:
  TreeBuilder(std::string_view file, const Variables& variables)
      : file_(file), variables_(variables) {}

  Result<Setting> build(const toml::node& node, std::size_t depth) {
    Setting setting;
    setting.file = file_;
    setting.line = node.source().begin.line;
    setting.column = node.source().begin.column;
    if (depth > kDepthMax) return fail(Code::kInvalid, "{}: nested too deep", setting.place());
    if (const auto* table = node.as_table()) return fill_table(std::move(setting), *table, depth);
    if (const auto* array = node.as_array()) return fill_list(std::move(setting), *array, depth);
    return fill_scalar(std::move(setting), node);
  }

 private:
  Result<Setting> fill_table(Setting setting, const toml::table& table, std::size_t depth) {
    setting.kind = Setting::Kind::kTable;
    for (const auto& [key, value] : table) {
      TRY(Setting entry, build(value, depth + 1));
      entry.key = key.str();
      entry.key_line = key.source().begin.line;
      entry.key_column = key.source().begin.column;
      setting.items.push_back(std::move(entry));
    }
    std::ranges::sort(setting.items, {}, [](const Setting& entry) {
      return std::pair(entry.key_line, entry.key_column);
    });
    return setting;
  }

  Result<Setting> fill_list(Setting setting, const toml::array& array, std::size_t depth) {
    setting.kind = Setting::Kind::kList;
    for (const auto& value : array) {
      TRY(Setting item, build(value, depth + 1));
      setting.items.push_back(std::move(item));
    }
    return setting;
  }

  Result<Setting> fill_scalar(Setting setting, const toml::node& node) {
    if (const auto* text = node.as_string()) {
      setting.kind = Setting::Kind::kText;
      TRY(setting.text, substitute(**text, setting.place()));
    } else if (const auto* integer = node.as_integer()) {
      setting.kind = Setting::Kind::kInteger;
      setting.integer = **integer;
    } else if (const auto* number = node.as_floating_point()) {
      setting.kind = Setting::Kind::kNumber;
      setting.number = **number;
    } else if (const auto* boolean = node.as_boolean()) {
      setting.kind = Setting::Kind::kBoolean;
      setting.boolean = **boolean;
    } else {
      return fail(Code::kInvalid, "{}: dates and times are not used here", setting.place());
    }
    return setting;
  }

  Result<std::string> substitute(std::string_view text, const std::string& place) {
    std::string out;
    while (!text.empty()) {
      if (text.starts_with("$$")) {
        out += '$';
        text.remove_prefix(2);
      } else if (text.starts_with("${")) {
        const std::size_t end = text.find('}');
        if (end == std::string_view::npos) {
          return fail(Code::kInvalid, "{}: \"${{\" without \"}}\" (write $$ for a dollar sign)",
                      place);
        }
        TRY(const std::string value, look_up(text.substr(2, end - 2), place));
        out += value;
        text.remove_prefix(end + 1);
      } else {
        out += text.front();
        text.remove_prefix(1);
      }
    }
    return out;
  }

  Result<std::string> look_up(std::string_view inside, const std::string& place) {
    const std::size_t mark = inside.find(":-");
    const std::string_view name = inside.substr(0, mark);
    if (const auto found = variables_.find(name); found != variables_.end()) return found->second;
    if (mark != std::string_view::npos) return std::string(inside.substr(mark + 2));
    return fail(Code::kInvalid,
                "{}: variable {} is not set; give --var {}=VALUE, set it in the environment or "
                "write ${{{}:-default}}",
                place, name, name, name);
  }

  std::string file_;
  const Variables& variables_;
};

}  // namespace

Result<Setting> parse_settings(std::string_view toml, std::string_view file,
                               const Variables& variables) {
  const toml::parse_result parsed = toml::parse(toml, std::string(file));
  if (!parsed) {
    const auto& where = parsed.error().source().begin;
    return fail(Code::kInvalid, "{}:{}:{}: {}", file, where.line, where.column,
                parsed.error().description());
  }
  return TreeBuilder(file, variables).build(parsed.table(), 0);
}

}  // namespace theater::actor
