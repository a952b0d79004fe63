// Decoder: turns the bytes a peer sends into whole messages and control frames.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "hosts/websocket/frame.h"
#include "hosts/websocket/inflater.h"
#include "hosts/websocket/utf8.h"

namespace theater::hosts::websocket {

enum class Item : std::uint8_t {
  kNone,  // more bytes are needed
  kText,
  kBinary,
  kPing,
  kPong,
  kClose,   // close_code() and payload() = the reason
  kFailed,  // the peer broke the protocol: close_code() says how; nothing more is read
  kPause,   // a message takes long to inflate: call again with the rest, in another task
};

/// Who sends what is decoded: a client masks its frames, a server must not.
enum class Sender : std::uint8_t { kClient, kServer };

/// One connection's incoming side: pure, no I/O. Joins fragments, takes off masks, checks UTF-8 as
/// it arrives, holds messages to `message_max` bytes (after inflation). A message that lies whole
/// in the input is not copied; between messages the decoder owns no memory.
class Decoder {
 public:
  explicit Decoder(std::size_t message_max, Sender sender = Sender::kClient)
      : message_max_(message_max), sender_(sender) {}
  /// From now on messages may be compressed.
  void enable_inflation(std::unique_ptr<Inflater> inflater) { inflater_ = std::move(inflater); }

  /// Takes bytes off the front of `input`, which it overwrites, up to the end of the next item.
  /// kNone and kFailed leave nothing. At most kInflatedAtOnce bytes are inflated in one call.
  Item next(std::span<std::uint8_t>& input);
  /// The item's bytes; valid until the next call, as long as the input is.
  ByteSpan payload() const { return payload_; }
  /// The same to keep: what was collected is given away, what lay in the input is copied.
  Bytes take_payload();
  std::uint16_t close_code() const { return close_code_; }
  const char* failure() const { return failure_; }
  /// Bytes held between calls.
  std::size_t held_bytes() const { return in_use(message_) + in_use(compressed_) + control_size_; }
  /// What inflating has taken and given so far, of all messages.
  std::uint64_t inflated_bytes() const { return inflated_bytes_; }
  /// Of a message that has begun and is not complete.
  std::size_t unfinished_bytes() const {
    const bool has_begun = message_opcode_ != Opcode::kContinuation;
    return has_begun ? in_use(message_) + in_use(compressed_) : 0;
  }

 private:
  enum class Phase : std::uint8_t { kHeader, kPayload, kInflating, kEnd };

  bool read_header(std::span<std::uint8_t>& input);
  bool check_first_byte(std::uint8_t first);
  bool check_length(std::uint64_t length);
  Item read_payload(std::span<std::uint8_t>& input);
  Item end_frame(std::span<std::uint8_t> last_piece);
  void collect(ByteSpan piece);
  void make_room(std::size_t size);
  Item end_control();
  Item end_message(ByteSpan message);
  Item begin_inflating(ByteSpan compressed);
  Item go_on_inflating();
  Item inflate(ByteSpan& compressed);
  Item deliver(ByteSpan message);
  Item fail(std::uint16_t code, const char* why);
  /// What it may occupy; the memory of a large message is there before its bytes are (make_room).
  static std::size_t in_use(const Bytes& bytes) {
    return std::min(bytes.capacity(), 2 * bytes.size());
  }
  bool is_control() const { return static_cast<std::uint8_t>(opcode_) >= 0x8; }

  const std::size_t message_max_;
  const Sender sender_;
  std::unique_ptr<Inflater> inflater_;  // null unless deflate was negotiated
  Bytes message_;                       // the fragments so far, or what they inflate to
  Bytes compressed_;                    // while they are inflated in several calls
  std::size_t inflated_ = 0;            // of compressed_
  std::uint64_t inflated_bytes_ = 0;    // of all messages
  ByteSpan payload_;
  const char* failure_ = "";
  std::uint64_t remaining_ = 0;  // of the frame's payload
  Utf8Check utf8_;
  Mask mask_;
  std::array<std::uint8_t, kClientHeaderMax> header_{};
  std::array<std::uint8_t, kControlPayloadMax> control_{};
  std::uint8_t header_size_ = 0;
  std::uint8_t control_size_ = 0;
  Phase phase_ = Phase::kHeader;
  Opcode opcode_ = Opcode::kContinuation;          // of the frame
  Opcode message_opcode_ = Opcode::kContinuation;  // of the message; kContinuation: none begun
  bool is_final_ = false;
  bool is_compressed_ = false;  // the message
  std::uint16_t close_code_ = 0;
};

}  // namespace theater::hosts::websocket
