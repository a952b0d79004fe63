// Clients: addresses without ports, networks without hosts.
#include "hosts/listener/client.h"

#include <algorithm>

#include "io/endpoint.h"

namespace theater::hosts::listener {

namespace {

using Bytes16 = std::array<std::uint8_t, 16>;

}  // namespace

std::string client_of(std::string_view peer) {
  std::string_view text = peer.substr(0, peer.rfind(':'));
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const auto address = io::IpAddress::parse(text);
  if (!address) return std::string(text);
  if (address->is_v4()) return address->text();  // so is what is mapped into IPv6
  Bytes16 bytes = address->bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return io::IpAddress::v6(bytes).text();
}

}  // namespace theater::hosts::listener
