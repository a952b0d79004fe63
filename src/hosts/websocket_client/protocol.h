// What both WebSocket families share is named here as this one's own.
#pragma once

#include "hosts/websocket/accept_key.h"
#include "hosts/websocket/decoder.h"
#include "hosts/websocket/frame.h"
#include "hosts/websocket/inflater.h"
#include "hosts/websocket/outbox.h"
#include "hosts/websocket/payload.h"
#include "hosts/websocket/traffic.h"

namespace theater::hosts::websocket_client {

using namespace hosts::websocket;  // NOLINT: one protocol, two roles

}  // namespace theater::hosts::websocket_client
