// What stands in a record for something outside it: payloads, other events, outputs, pages.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/ids.h"

namespace theater::chain {

using TypeHint = StrongBytes<struct TypeHintTag, 8>;

/// Stands in a record for bytes stored beside it. The digest covers salt, length and bytes.
struct PayloadCommitment {
  std::uint64_t length = 0;
  Digest digest;
  TypeHint type;
  auto operator<=>(const PayloadCommitment&) const = default;
};

/// Another event, by place and hash: the sender's commit or send, or the actor's own op.
struct Reference {
  ActorId actor;
  Seq seq;
  Digest leaf;
  std::optional<std::uint64_t> output;  // index among that commit's outputs
  auto operator<=>(const Reference&) const = default;
};

struct Input {
  PayloadCommitment payload;
  std::optional<Reference> reference;
  auto operator<=>(const Input&) const = default;
};

enum class OutputClass : std::uint8_t {
  kMessage = 0,
  kReply = 1,
  kWrite = 2,
  kTimer = 3,
  kOperation = 4,
  kResource = 5,
  kLog = 6,
  kLifecycle = 7,
};
inline constexpr std::uint8_t kOutputClassMax = 31;
std::string_view output_class_name(OutputClass output_class);

/// An actor, or an id minted by the host or the guest (connection, timer, operation; 0: none).
using OutputTarget = std::variant<std::uint64_t, ActorId>;

struct Output {
  OutputClass output_class = OutputClass::kMessage;
  OutputTarget target;
  PayloadCommitment payload;
  auto operator<=>(const Output&) const = default;
};

/// Stands for more than kInlineItemsMax inputs or outputs, stored beside the record.
struct Page {
  std::uint64_t count = 0;
  std::uint64_t length = 0;
  Digest hash;
  auto operator<=>(const Page&) const = default;
};

}  // namespace theater::chain
