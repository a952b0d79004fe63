// Grant: reading and checking.
#include "hosts/random/grant.h"

namespace theater::hosts::random {

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.random");
  Grant grant;
  constexpr std::string_view kSources[] = {"system", "seeded"};
  grant.source = static_cast<Source>(reader.choice("source", kSources, 0));
  host::read_limits(reader, kLimitFields, grant.limits);
  TRY_OK(reader.finish());
  return grant;
}

}  // namespace theater::hosts::random
