// What a guest may ask a Redis server for.
#pragma once

#include <string>
#include <vector>

#include "hosts/redis/grant.h"
#include "hosts/redis/payload.h"

namespace theater::hosts::redis {

/// ASCII letters in upper case: how commands are compared.
std::string upper(ByteSpan word);

/// Whether any grant may name this command ("*": all that are harmless). Never: what changes the
/// connection that operations share (AUTH, SELECT, SUBSCRIBE), what waits (BLPOP).
bool may_be_granted(std::string_view command);
/// Whether it sends to a channel: one that the grant names.
bool publishes(std::string_view command);

/// kDenied: a command that the grant does not name. kInvalid, kTooLarge: one that cannot be sent. A
/// transaction (MULTI) ends within its operation.
host::Outcome check_commands(const Commands& commands, const ServerGrant& server,
                             const Limits& limits);
/// The same of channels and patterns to subscribe to.
host::Outcome check_channels(const std::vector<std::string>& channels,
                             const std::vector<std::string>& patterns, const ServerGrant& server);

}  // namespace theater::hosts::redis
