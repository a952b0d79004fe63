// Grant: reading and checking.
#include "hosts/process/grant.h"

#include <algorithm>

#include "host/grant_text.h"
#include "host/granted_folders.h"

namespace theater::hosts::process {

namespace {

bool is_variable(std::string_view name) {
  return !name.empty() && name.find('=') == std::string_view::npos && !name.starts_with("THEATER_");
}

void read_programs(actor::SettingsReader& reader, Grant& grant) {
  const actor::Setting* const programs = reader.table("programs");
  if (programs == nullptr || programs->items.empty() || programs->items.size() > kProgramsMax) {
    reader.refuse(
        "programs",
        fmt::format("must name 1 to {} programs: {{ sort = \"/usr/bin/sort\" }}", kProgramsMax));
    return;
  }
  for (const actor::Setting& program : programs->items) {
    if (program.kind != actor::Setting::Kind::kText || !program.text.starts_with('/')) {
      reader.refuse("programs", fmt::format("{} must be an absolute path", program.key));
    }
    grant.programs.insert_or_assign(program.key, program.text);
  }
}

void read_directories(actor::SettingsReader& reader, const actor::Setting& table, Grant& grant) {
  const actor::Setting* const directories = reader.table("directories");
  if (directories == nullptr) return;
  for (const actor::Setting& directory : directories->items) {
    if (directory.kind != actor::Setting::Kind::kText || !host::is_folder_name(directory.key)) {
      reader.refuse("directories", fmt::format("{} must be a name and a directory", directory.key));
    }
    grant.directories.insert_or_assign(directory.key, host::beside_manifest(table, directory.text));
  }
  if (grant.directories.size() > host::kFoldersMax) reader.refuse("directories", "has too many");
}

void read_environment(actor::SettingsReader& reader, Grant& grant) {
  grant.environment = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}};
  const actor::Setting* const variables = reader.table("environment");
  if (variables == nullptr) return;
  if (variables->items.size() > kVariablesMax) reader.refuse("environment", "has too many");
  for (const actor::Setting& variable : variables->items) {
    if (variable.kind != actor::Setting::Kind::kText || !is_variable(variable.key)) {
      reader.refuse("environment", fmt::format("{} must be a variable and its text", variable.key));
    }
    grant.environment.insert_or_assign(variable.key, variable.text);
  }
}

}  // namespace

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.process");
  Grant grant;
  read_programs(reader, grant);
  read_directories(reader, table, grant);
  read_environment(reader, grant);
  host::read_limits(reader, kLimitFields, grant.limits);
  TRY_OK(reader.finish());
  return grant;
}

}  // namespace theater::hosts::process
