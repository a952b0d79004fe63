// IpAddress: parsing, printing, and which ranges are nobody's or somebody's own.
#include "io/endpoint.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace theater::io {

namespace {

struct Range {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
};

// The registries of special-purpose addresses (RFC 6890 and its updates).
constexpr Range kPrivateV4[] = {
    {{0}, 8},              // this host
    {{10}, 8},             // private
    {{100, 64}, 10},       // shared by carriers
    {{127}, 8},            // loopback
    {{169, 254}, 16},      // link-local, cloud metadata
    {{172, 16}, 12},       // private
    {{192, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2}, 24},     // documentation
    {{192, 88, 99}, 24},   // relays to IPv6
    {{192, 168}, 16},      // private
    {{198, 18}, 15},       // benchmarks
    {{198, 51, 100}, 24},  // documentation
    {{203, 0, 113}, 24},   // documentation
    {{224}, 4},            // multicast
    {{240}, 4},            // reserved, broadcast
};
/// All unicast that is routed on the internet begins with 001; these begin so and are not.
constexpr Range kGlobalV6{{0x20}, 3};
constexpr Range kPrivateV6[] = {
    {{0x20, 0x01, 0x00}, 23},        // protocol assignments, Teredo among them
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // carries a v4 address in bytes 2 to 5
    {{0x3f, 0xff, 0x00}, 20},        // documentation
};
constexpr Range kTranslatedV6{{0x00, 0x64, 0xff, 0x9b}, 96};  // carries a v4 address at its end

bool lies_in(std::span<const std::uint8_t> address, const Range& range) {
  const std::size_t whole = range.bits / 8;
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                  range.prefix.begin())) {
    return false;
  }
  if (range.bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - range.bits % 8));
  return (address[whole] & mask) == (range.prefix[whole] & mask);
}

}  // namespace

IpAddress IpAddress::v4(const std::array<std::uint8_t, 4>& bytes) {
  IpAddress address;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  constexpr Range kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
  if (lies_in(bytes, kMapped)) return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  IpAddress address;
  address.bytes_ = bytes;
  address.is_v4_ = false;
  return address;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  std::array<std::uint8_t, 4> four{};
  const bool is_whole = text.find('\0') == std::string_view::npos;
  if (is_whole && ::inet_pton(AF_INET, copy.c_str(), four.data()) == 1) return v4(four);
  std::array<std::uint8_t, 16> sixteen{};
  if (is_whole && ::inet_pton(AF_INET6, copy.c_str(), sixteen.data()) == 1) return v6(sixteen);
  return fail(Code::kInvalid, "\"{}\" is not an address", text);
}

std::optional<IpAddress> IpAddress::from(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four;
    std::memcpy(&four, &address, sizeof four);
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &four.sin_addr, bytes.size());
    return v4(bytes);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 six;
    std::memcpy(&six, &address, sizeof six);
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return v6(bytes);
  }
  return std::nullopt;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(is_v4_ ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

bool IpAddress::is_private() const {
  const auto lies_here = [this](const Range& range) { return lies_in(bytes_, range); };
  if (is_v4_) return std::ranges::any_of(kPrivateV4, lies_here);
  if (lies_here(kTranslatedV6)) {
    return v4({bytes_[12], bytes_[13], bytes_[14], bytes_[15]}).is_private();
  }
  return !lies_here(kGlobalV6) || std::ranges::any_of(kPrivateV6, lies_here);
}

std::string Endpoint::text() const {
  return address.is_v4() ? fmt::format("{}:{}", address.text(), port)
                         : fmt::format("[{}]:{}", address.text(), port);
}

}  // namespace theater::io
