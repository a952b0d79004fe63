// Strong ids: a number or digest that cannot be mistaken for another kind of number or digest.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>

#include "base/bytes.h"

namespace theater {

/// A number with a meaning. `Tag` only tells kinds apart.
template <typename Tag>
struct StrongNumber {
  std::uint64_t value = 0;
  auto operator<=>(const StrongNumber&) const = default;
  StrongNumber next() const { return {value + 1}; }
};

using Seq = StrongNumber<struct SeqTag>;                  // place of an event in its actor's chain
using Lsn = StrongNumber<struct LsnTag>;                  // place of a frame in the node's log
using OperationId = StrongNumber<struct OperationTag>;    // minted by the guest's starts
using ConnectionId = StrongNumber<struct ConnectionTag>;  // of the guest, or with kHostIdBit

/// Set in the id of every connection or request that arrived from outside. Bit 52, so that each id
/// is exact in languages whose numbers are IEEE doubles (JavaScript).
inline constexpr std::uint64_t kHostIdBit = std::uint64_t{1} << 52;

/// A fixed-size byte string with a meaning.
template <typename Tag, std::size_t kSize>
struct StrongBytes {
  std::array<std::uint8_t, kSize> bytes{};
  auto operator<=>(const StrongBytes&) const = default;
  ByteSpan span() const { return bytes; }
  std::string hex() const { return to_hex(bytes); }
  bool is_zero() const { return *this == StrongBytes{}; }
  static constexpr std::size_t size() { return kSize; }
  /// `raw` must have exactly kSize bytes; the caller has checked.
  static StrongBytes from(ByteSpan raw) {
    StrongBytes id;
    std::memcpy(id.bytes.data(), raw.data(), kSize);
    return id;
  }
};

using ActorId = StrongBytes<struct ActorTag, 16>;  // first half of SHA-256 of the genesis body
using NodeId = StrongBytes<struct NodeTag, 16>;    // random, made with the data directory
using Digest = StrongBytes<struct DigestTag, 32>;  // SHA-256
using Salt = StrongBytes<struct SaltTag, 16>;      // random, stored beside what it salts

}  // namespace theater

template <typename Tag>
struct std::hash<theater::StrongNumber<Tag>> {
  std::size_t operator()(theater::StrongNumber<Tag> id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
/// Ids are digests or random, so their first bytes are as good a hash as any.
template <typename Tag, std::size_t kSize>
struct std::hash<theater::StrongBytes<Tag, kSize>> {
  std::size_t operator()(const theater::StrongBytes<Tag, kSize>& id) const noexcept {
    std::size_t head;
    std::memcpy(&head, id.bytes.data(), sizeof head);
    return head;
  }
};
