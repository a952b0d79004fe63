// Grant: reading and checking.
#include "hosts/websocket_client/grant.h"

#include "host/least_limit.h"

namespace theater::hosts::websocket_client {

namespace {

/// Bounds that depend on each other: any message that may come in may also go out.
void fit(actor::SettingsReader& reader, Limits& limits) {
  if (limits.out_low >= limits.out_high) reader.refuse("out_low", "must be below out_high");
  if (limits.ping >= limits.idle) reader.refuse("ping", "must be shorter than idle");
  if (limits.reconnect_min > limits.reconnect_max) {
    reader.refuse("reconnect_min", "must not be longer than reconnect_max");
  }
  // A quarter of the queue stays free above its high mark: one message fits.
  host::need_at_least(reader, "queue_bytes", limits.queue_bytes,
                      {4 * limits.message_max + 64 * 1024, "4 times message_max, and 64KiB"});
  host::need_at_least(reader, "out_hard", limits.out_hard, {limits.out_high, "out_high"});
  host::need_at_least(reader, "out_hard", limits.out_hard,
                      {limits.message_max + 64, "message_max and 64 bytes"});
}

}  // namespace

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.websocket-client");
  constexpr std::string_view kSchemes[] = {"ws", "wss"};
  Grant grant;
  grant.allow = outbound::read_allow(reader, kSchemes);
  grant.private_addresses = outbound::read_private_addresses(reader);
  grant.trust = outbound::read_trust(reader, table);
  grant.deflate = reader.boolean("deflate").value_or(false);
  grant.reconnect = reader.boolean("reconnect").value_or(false);
  host::read_limits(reader, kLimitFields, grant.limits);
  fit(reader, grant.limits);
  TRY_OK(reader.finish());
  if (grant.allow.is_empty()) {
    return fail(Code::kInvalid,
                "{}: grants.websocket-client leads nowhere: set allow, such as "
                "allow = [\"wss://feed.example.com\"]",
                table.place());
  }
  return grant;
}

}  // namespace theater::hosts::websocket_client
