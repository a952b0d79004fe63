// Grant: reading and checking.
#include "hosts/websocket_server/grant.h"

#include "host/least_limit.h"
#include "hosts/listener/settings.h"

namespace theater::hosts::websocket_server {

namespace {

/// Bounds that depend on each other: any message that may come in may also go out.
void fit(actor::SettingsReader& reader, Limits& limits) {
  if (limits.out_low >= limits.out_high) reader.refuse("out_low", "must be below out_high");
  if (limits.ping >= limits.idle) reader.refuse("ping", "must be shorter than idle");
  // A quarter of the queue stays free above its high mark: one message fits.
  host::need_at_least(reader, "queue_bytes", limits.queue_bytes,
                      {4 * limits.message_max + 64 * 1024, "4 times message_max, and 64KiB"});
  // One message alone is no crowd, deflated and inflated, each in up to twice the room it needs.
  host::need_at_least(reader, "unfinished_max", limits.unfinished_max,
                      {4 * limits.message_max, "4 times message_max"});
  host::need_at_least(reader, "out_hard", limits.out_hard, {limits.out_high, "out_high"});
  host::need_at_least(reader, "out_hard", limits.out_hard,
                      {limits.message_max + 64, "message_max and 64 bytes"});
  host::need_at_least(reader, "out_total", limits.out_total, {limits.out_hard, "out_hard"});
}

}  // namespace

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.websocket-server");
  Grant grant;
  grant.listen = listener::read_listen(reader);
  grant.path = listener::read_path(reader);
  grant.origins = reader.texts("origins");
  grant.subprotocols = reader.texts("subprotocols");
  constexpr std::string_view kAccepts[] = {"auto", "ask"};
  grant.accept = static_cast<Accept>(reader.choice("accept", kAccepts, 0));
  constexpr std::string_view kSlow[] = {"gap", "close"};
  grant.slow_subscriber = static_cast<SlowSubscriber>(reader.choice("slow_subscriber", kSlow, 1));
  grant.static_folder = listener::read_folder(reader, table);
  grant.tls = listener::read_tls(reader, table);
  grant.deflate = reader.boolean("deflate").value_or(false);
  host::read_limits(reader, kLimitFields, grant.limits);
  fit(reader, grant.limits);
  TRY_OK(reader.finish());
  return grant;
}

}  // namespace theater::hosts::websocket_server
