// Grant: reading and checking.
#include "hosts/http_server/grant.h"

#include "host/least_limit.h"
#include "hosts/listener/settings.h"

namespace theater::hosts::http_server {

namespace {

/// Bounds that depend on each other.
void fit(actor::SettingsReader& reader, Limits& limits) {
  constexpr std::uint64_t kHeadRoom = kScratchBytes + 1024;
  static_assert(kHeadRoom >= kScratchBytes + kEventRoom);
  if (limits.out_low >= limits.out_high) reader.refuse("out_low", "must be below out_high");
  // A quarter of the queue stays free above its high mark: one request fits.
  host::need_at_least(reader, "queue_bytes", limits.queue_bytes,
                      {4 * (limits.body_max + kHeadRoom), "4 times body_max and 65KiB"});
  host::need_at_least(reader, "out_hard", limits.out_hard, {limits.out_high, "out_high"});
  host::need_at_least(reader, "out_total", limits.out_total, {limits.response_max, "response_max"});
}

}  // namespace

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.http-server");
  Grant grant;
  grant.listen = listener::read_listen(reader);
  grant.path = listener::read_path(reader);
  while (grant.path.size() > 1 && grant.path.ends_with('/')) grant.path.pop_back();
  constexpr std::string_view kBodies[] = {"whole", "parts"};
  grant.body = static_cast<BodyMode>(reader.choice("body", kBodies, 0));
  grant.static_folder = listener::read_folder(reader, table);
  if (grant.static_folder && grant.path == "/") {
    reader.refuse("static", "is never reached: path \"/\" takes every request");
  }
  grant.tls = listener::read_tls(reader, table);
  host::read_limits(reader, kLimitFields, grant.limits);
  fit(reader, grant.limits);
  TRY_OK(reader.finish());
  return grant;
}

}  // namespace theater::hosts::http_server
