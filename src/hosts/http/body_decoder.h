// BodyDecoder: takes a message body out of a stream of bytes (RFC 9112, 6 and 7).
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "hosts/http/refusal.h"
#include "hosts/http/request.h"

namespace theater::hosts::http {

/// One body. Chunk extensions and trailer fields are checked, bounded and left out. A value type.
class BodyDecoder {
 public:
  explicit BodyDecoder(const Framing& framing);

  enum class Step : std::uint8_t {
    kMore,    // all of the input is used; the body goes on
    kData,    // data() is the next piece
    kHeld,    // data is next, of which none was asked for
    kEnd,     // the body is over; what is left of the input is the next message
    kFailed,  // failure() says why; the connection cannot be used any more
  };
  /// Takes from the front of `input`; of data at most `data_max` bytes. Never a piece without
  /// bytes.
  Step next(ByteSpan& input, std::uint64_t data_max = UINT64_MAX);
  /// Points into the last input.
  ByteSpan data() const { return data_; }
  const Refusal& failure() const { return failure_; }
  bool is_ended() const { return state_ == State::kEnd; }

 private:
  enum class State : std::uint8_t {
    kLength,  // remaining_ bytes are data
    kSize,
    kExtension,
    kSizeLineFeed,
    kData,  // remaining_ bytes of this chunk are data
    kDataReturn,
    kDataLineFeed,
    kTrailer,
    kEnd,
    kFailed,
  };
  Step take_data(ByteSpan& input, std::uint64_t data_max, State then);
  void take_framing(char c);
  void take_size(char c);
  void take_extension(char c);
  void take_trailer(char c);
  void expect(char c, char wanted, State then);
  void fail(std::uint16_t status, std::string why);

  State state_;
  std::uint64_t remaining_ = 0;
  std::size_t digits_ = 0;      // of the chunk's size
  std::size_t extensions_ = 0;  // bytes of all of them
  std::size_t trailer_bytes_ = 0;
  std::string trailer_line_;
  ByteSpan data_;
  Refusal failure_;
};

}  // namespace theater::hosts::http
