// Who a client is, for shares.
#pragma once

#include <string>
#include <string_view>

namespace theater::hosts::listener {

/// Of a peer's address and port ("192.0.2.1:80", "[2001:db8::1]:80") the part that one client has
/// for itself: the address, or the network of 64 bits of an IPv6 one. Of anything else what is
/// before the last colon.
std::string client_of(std::string_view peer);

}  // namespace theater::hosts::listener
