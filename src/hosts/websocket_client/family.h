// The websocket-client family. WIT: wit/websocket-client.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::websocket_client {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::websocket_client
