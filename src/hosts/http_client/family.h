// The http-client family. WIT: wit/http-client.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::http_client {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::http_client
