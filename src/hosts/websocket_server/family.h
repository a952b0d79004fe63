// The websocket-server family. WIT: wit/websocket-server.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::websocket_server {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::websocket_server
