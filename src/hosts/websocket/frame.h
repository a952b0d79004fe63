// The frames of RFC 6455: constants, what we send, masking.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace theater::hosts::websocket {

enum class Opcode : std::uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xa,
};

inline constexpr std::uint8_t kFinal = 0x80;       // first byte: last fragment
inline constexpr std::uint8_t kCompressed = 0x40;  // first byte: RSV1 (permessage-deflate)
inline constexpr std::uint8_t kReservedBits = 0x70;
inline constexpr std::uint8_t kMasked = 0x80;  // second byte
inline constexpr std::size_t kControlPayloadMax = 125;
inline constexpr std::size_t kCloseReasonMax = 123;
/// Messages that are shorter are sent as they are, and longer ones: to deflate a MiB takes up to
/// 35 ms of the shard.
inline constexpr std::size_t kDeflateBytesMin = 128, kDeflateBytesMax = 64 * 1024;
inline constexpr bool is_worth_deflating(std::size_t size) {
  return size >= kDeflateBytesMin && size <= kDeflateBytesMax;
}
inline constexpr std::size_t kServerHeaderMax = 10;  // unmasked
inline constexpr std::size_t kClientHeaderMax = 14;  // masked

// Close codes of section 7.4.1 that we send or report.
inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseProtocol = 1002;
inline constexpr std::uint16_t kCloseUnsupported = 1003;
inline constexpr std::uint16_t kCloseNoCode = 1005;  // never on the wire
inline constexpr std::uint16_t kCloseBroken = 1006;  // never on the wire
inline constexpr std::uint16_t kCloseBadText = 1007;
inline constexpr std::uint16_t kCloseTooLarge = 1009;
inline constexpr std::uint16_t kCloseInternal = 1011;
inline constexpr std::uint16_t kCloseRestart = 1012;
inline constexpr std::uint16_t kCloseTryLater = 1013;

/// Whether a close frame may carry the code: those registered, and 3000 to 4999.
bool is_sendable_close_code(std::uint16_t code);

/// Appends the header of an unmasked, final frame, as a server sends it. `flags` is 0 or
/// kCompressed.
void append_header(Bytes& out, Opcode opcode, std::size_t payload_size, std::uint8_t flags = 0);

using MaskKey = std::array<std::uint8_t, 4>;
/// A masking key and how far into it the payload is.
struct Mask {
  MaskKey key{};
  std::uint8_t offset = 0;
};
/// Does or undoes the masking in place and advances the mask.
void unmask(std::span<std::uint8_t> payload, Mask& mask);

/// A final frame as a client sends it: `payload` (borrowed) is masked on the way into `out`.
struct ClientFrame {
  Opcode opcode = Opcode::kText;
  ByteSpan payload;
  std::uint8_t flags = 0;  // 0 or kCompressed
};
void append_masked(Bytes& out, const ClientFrame& frame, const MaskKey& key);

}  // namespace theater::hosts::websocket
