// Inflater and Deflater: permessage-deflate (RFC 7692) on zlib, with bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::hosts::websocket {

/// What both sides agreed on, seen from the side that inflates: "client" is whoever sends. Windows
/// are in bits, 9 to 15.
struct DeflateSettings {
  int client_window_bits = 15;
  int server_window_bits = 12;
  bool client_keeps_context = false;
  bool server_keeps_context = false;
};

/// Answers the client's Sec-WebSocket-Extensions offer: the settings of the first acceptable
/// permessage-deflate element, or nullopt if there is none. We ask for no context takeover both
/// ways, so that an idle connection holds no compressor.
std::optional<DeflateSettings> negotiate_deflate(std::string_view offers);
/// The value of our Sec-WebSocket-Extensions header.
std::string deflate_answer(const DeflateSettings& settings);

/// A client's offer, and what a server's answer to it means: the server is then the sender, ours
/// are the "server" settings. kInvalid: it answers what was not offered.
std::string deflate_offer();
Result<DeflateSettings> read_deflate_answer(std::string_view answer);

/// What one call inflates at most, but for zlib's last piece of it: 0.1 to 0.5 ms.
inline constexpr std::size_t kInflatedAtOnce = 64 * 1024;
/// What it takes for that at most: blocks that come to nothing take time, too.
inline constexpr std::size_t kDeflatedAtOnce = 16 * 1024;

/// Decompresses messages, each in parts that hold nobody up. Owns zlib's state only while a message
/// is inflated, unless the client keeps its context.
class Inflater {
 public:
  enum class Part : std::uint8_t { kLast, kMore };
  explicit Inflater(const DeflateSettings& settings);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  /// Takes what it can of a message off the front of `compressed` and appends what it comes to to
  /// `out`, which is empty before the first part. kMore: it is to be called again with what it left
  /// of both. kTooLarge beyond `bytes_max`; kInvalid if it is not a deflate stream.
  Result<Part> inflate(ByteSpan& compressed, std::size_t bytes_max, Bytes& out);

 private:
  struct State;
  /// Of the message that is being inflated.
  struct Progress {
    bool is_at_tail = false;  // all that came is in: what was left out follows
    bool has_just_ended = false;
    std::size_t tail_taken = 0;
    int ends = 0;
  };
  enum class Piece : std::uint8_t { kOver, kGoesOn };
  Result<Piece> step(ByteSpan& piece, std::size_t bytes_max, Bytes& out);
  Result<Part> inflate_some(ByteSpan& compressed, std::size_t bytes_max, Bytes& out);

  DeflateSettings settings_;
  std::unique_ptr<State> state_;
  Progress progress_;
};

/// Compresses one message for any number of connections: no context is kept. Stateless.
Bytes deflate(ByteSpan message, int window_bits);

}  // namespace theater::hosts::websocket
