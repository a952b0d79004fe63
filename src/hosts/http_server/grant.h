// Grant: the table [grants.http-server] of a manifest.
#pragma once

#include <optional>
#include <string>

#include "actor/settings.h"
#include "hosts/http_server/limits.h"
#include "hosts/listener/address.h"

namespace theater::hosts::http_server {

enum class BodyMode : std::uint8_t {
  kWhole,  // the request's event has it
  kParts,  // it follows in parts, by credit
};

struct Grant {
  std::string listen;      // "127.0.0.1:8080"
  std::string path = "/";  // this and all below it
  BodyMode body = BodyMode::kWhole;
  std::optional<std::string> static_folder;
  std::optional<listener::TlsFiles> tls;
  Limits limits;
};

/// Paths are relative to the manifest.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::http_server
