// Clients: addresses without ports, networks without hosts.
#include "hosts/listener/client.h"

#include <algorithm>

#include "io/endpoint.h"

namespace theater::hosts::listener {

namespace {

using Bytes16 = std::array<std::uint8_t, 16>;

/// "::ffff:192.0.2.1" is 192.0.2.1.
bool is_mapped(const Bytes16& bytes) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

}  // namespace

std::string client_of(std::string_view peer) {
  std::string_view text = peer.substr(0, peer.rfind(':'));
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const auto address = io::IpAddress::parse(text);
  if (!address || address->is_v4()) return std::string(text);
  Bytes16 bytes = address->bytes();
  if (is_mapped(bytes)) {
    return io::IpAddress::v4({bytes[12], bytes[13], bytes[14], bytes[15]}).text();
  }
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return io::IpAddress::v6(bytes).text();
}

}  // namespace theater::hosts::listener
