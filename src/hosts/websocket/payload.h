// The types of wit/websocket.wit, and the quick way to queue the event of a message.
#pragma once

#include <array>
#include <variant>

#include "host/wit_types.h"

namespace theater::hosts::websocket {

/// The WIT variant `message`, as a guest passes it: a view of its arguments.
struct Message {
  static constexpr std::array<std::string_view, 2> kWitCases{"text", "binary"};
  std::variant<std::string_view, ByteSpan> value;

  bool is_text() const { return value.index() == 0; }
  ByteSpan bytes() const {
    return is_text() ? as_bytes(std::get<std::string_view>(value)) : std::get<ByteSpan>(value);
  }
};

/// The WIT record `opening`.
struct Opening {
  std::string path;
  host::Headers headers;
  std::string peer;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("path", &Opening::path),
                      wasm::field("headers", &Opening::headers),
                      wasm::field("peer", &Opening::peer)};
  }
};

/// The WIT record `closing`.
struct Closing {
  std::uint16_t code = 0;
  std::string reason;
  std::optional<host::GuestError> error;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("code", &Closing::code), wasm::field("reason", &Closing::reason),
                      wasm::field("error", &Closing::error)};
  }
};

/// The WIT variant `payload`. The same type several times: the case decides.
struct Payload {
  static constexpr std::array<std::string_view, 8> kWitCases{
      "opening", "opened", "message", "congested", "drained", "gap", "retrying", "closed"};
  enum Case : std::size_t {
    kOpening,
    kOpened,
    kMessage,
    kCongested,
    kDrained,
    kGap,
    kRetrying,
    kClosed,
  };
  std::variant<Opening, Opening, Message, std::monostate, std::monostate, std::uint64_t,
               std::uint32_t, Closing>
      value;
};

template <Payload::Case kCase, typename... Value>
Bytes event_bytes(std::uint64_t id, Value&&... value) {
  host::Event<Payload> event{id, {}};
  event.payload.value.emplace<kCase>(std::forward<Value>(value)...);
  return wasm::to_binary(event);
}

/// Writes the event of a message up to its bytes, into `out`, which is cleared first.
inline void write_message_head(Bytes& out, std::uint64_t id, const Message& message) {
  out.clear();
  wasm::BinaryWriter writer(out);
  writer.unsigned_number(id);
  writer.unsigned_number(Payload::kMessage);
  writer.unsigned_number(message.value.index());
  writer.unsigned_number(message.bytes().size());
}

/// Larger messages are handed on without a copy.
inline constexpr std::size_t kCopiedBytesMax = 32 * 1024;

/// A message on its way into the queue; `buffer` is used again and again.
struct Arrival {
  std::uint64_t source;
  const Message& message;
  Bytes& buffer;
};

/// Queues the event of a message that `connection` received: what event_bytes would give, without a
/// copy on the way.
template <typename Flow>
void deliver_message(Flow& flow, typename Flow::Connection& connection, const Arrival& arrival) {
  const ByteSpan bytes = arrival.message.bytes();
  write_message_head(arrival.buffer, connection.id(), arrival.message);
  if (bytes.size() > kCopiedBytesMax) {
    return flow.deliver(connection, arrival.source, arrival.buffer, connection.take_message());
  }
  append(arrival.buffer, bytes);
  flow.deliver(connection, arrival.source, arrival.buffer);
}

}  // namespace theater::hosts::websocket
