// Grant: reading and checking.
#include "hosts/terminal/grant.h"

namespace theater::hosts::terminal {

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.terminal");
  Grant grant;
  grant.device = reader.text("device", grant.device);
  if (!grant.device.starts_with('/')) reader.refuse("device", "must be an absolute path");
  host::read_limits(reader, kLimitFields, grant.limits);
  TRY_OK(reader.finish());
  return grant;
}

}  // namespace theater::hosts::terminal
