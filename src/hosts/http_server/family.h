// The http-server family. WIT: wit/http-server.wit.
#pragma once

#include <memory>

#include "host/family.h"
#include "hosts/listener/address.h"

namespace theater::hosts::http_server {

/// `addresses` is the node's and outlives the family: other families serve paths of the same
/// addresses.
std::unique_ptr<host::Family> make_family(listener::AddressBook& addresses);

}  // namespace theater::hosts::http_server
