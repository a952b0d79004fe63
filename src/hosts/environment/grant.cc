// Grant: reading, checking, asking.
#include "hosts/environment/grant.h"

#include <algorithm>

namespace theater::hosts::environment {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax &&
         text.find_first_of(std::string_view("=\0", 2)) == std::string_view::npos;
}

std::vector<std::string> read_names(actor::SettingsReader& reader, std::string_view key) {
  std::vector<std::string> names = reader.texts(key);
  if (names.size() > kNamesMax) {
    reader.refuse(key, fmt::format("has more than {} entries", kNamesMax));
  }
  if (!std::ranges::all_of(names, is_name)) {
    reader.refuse(key, fmt::format("has names of 1 to {} bytes without =", kNameBytesMax));
  }
  return names;
}

}  // namespace

bool Grant::allows(std::string_view name) const {
  return std::ranges::find(allow, name) != allow.end() ||
         std::ranges::any_of(prefixes,
                             [&](const std::string& prefix) { return name.starts_with(prefix); });
}

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.environment");
  Grant grant;
  grant.allow = read_names(reader, "allow");
  grant.prefixes = read_names(reader, "prefixes");
  host::read_limits(reader, kLimitFields, grant.limits);
  TRY_OK(reader.finish());
  if (grant.allow.empty() && grant.prefixes.empty()) {
    return fail(Code::kInvalid, "{}: grants.environment names nothing: set allow or prefixes",
                table.place());
  }
  return grant;
}

}  // namespace theater::hosts::environment
