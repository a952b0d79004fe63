// IpAddress and Endpoint: where a connection goes, as numbers.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sockaddr;

namespace theater::io {

/// An IPv4 or IPv6 address. A value; v4 addresses written as v6 (::ffff:1.2.3.4) are v4.
class IpAddress {
 public:
  static IpAddress v4(const std::array<std::uint8_t, 4>& bytes);
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
  /// "192.0.2.1" or "2001:db8::1", without brackets. kInvalid: it is a name, or nothing.
  static Result<IpAddress> parse(std::string_view text);

  /// Of AF_INET or AF_INET6; nothing for other families.
  static std::optional<IpAddress> from(const sockaddr& address);

  bool is_v4() const { return is_v4_; }
  /// 16 bytes; of a v4 address the first four count.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::string text() const;
  /// Not reachable from the whole internet: loopback, private, link-local, shared, reserved,
  /// multicast, unspecified, and v6 forms that carry such a v4 address.
  bool is_private() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool is_v4_ = true;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// "192.0.2.1:80", "[2001:db8::1]:80".
  std::string text() const;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace theater::io
