// The proof that a server understood an upgrade request: Sec-WebSocket-Key and its answer.
#pragma once

#include <string>

#include "base/bytes.h"

namespace theater::hosts::websocket {

/// The value of Sec-WebSocket-Key: 16 random bytes as base64.
std::string key_text(ByteSpan nonce);
/// The value of Sec-WebSocket-Accept that answers a key.
std::string accept_text(std::string_view key);

}  // namespace theater::hosts::websocket
