// Grant: the table [grants.websocket-server] of a manifest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actor/settings.h"
#include "hosts/websocket_server/limits.h"
#include "io/tls.h"

namespace theater::hosts::websocket_server {

enum class Accept : std::uint8_t { kAuto, kAsk };
enum class SlowSubscriber : std::uint8_t { kGap, kClose };

struct Grant {
  std::string listen;                     // "127.0.0.1:8080"
  std::string path = "/";                 // of the upgrade request
  std::vector<std::string> origins;       // empty: the page's own host; "*": any
  std::vector<std::string> subprotocols;  // that we speak, best first
  Accept accept = Accept::kAuto;
  SlowSubscriber slow_subscriber = SlowSubscriber::kClose;
  std::optional<std::string> static_folder;
  std::optional<io::TlsFiles> tls;  // present: only TLS is spoken at this address
  bool deflate = false;
  Limits limits;
};

/// Paths are relative to the manifest.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::websocket_server
