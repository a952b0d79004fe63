// ReplyReader: what a Redis server says (RESP2), however its bytes are cut.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hosts/redis/payload.h"

namespace theater::hosts::redis {

/// One answer of the server, arrays with all that is in them.
struct Reply {
  Values values;  // in pre-order; empty if it is too large
  std::size_t bytes = 0;
  bool is_too_large = false;
};

/// A decoder without I/O. Holds at most `reply_max` bytes of an answer; of a larger one the rest is
/// read and dropped. A server that breaks the protocol breaks the reader for good.
class ReplyReader {
 public:
  explicit ReplyReader(std::size_t reply_max) : reply_max_(reply_max) {}

  /// Takes bytes off the front of `input` until an answer is complete or none are left. Error:
  /// kInvalid, what is wrong; the connection is of no more use.
  Result<std::optional<Reply>> next(ByteSpan& input);
  /// Bytes now held.
  std::size_t held_bytes() const { return line_.capacity() + reply_.bytes; }

 private:
  enum class Want : std::uint8_t { kLine, kBlob, kBlobEnd };

  Status take_line();
  Status begin_bulk(std::int64_t size);
  Status begin_array(std::int64_t count);
  Status take_blob(ByteSpan& input);
  Status take_blob_end(ByteSpan& input);
  void add(Value value, std::size_t bytes);
  void finish_value();

  const std::size_t reply_max_;
  Want want_ = Want::kLine;
  std::string line_;
  std::uint64_t blob_left_ = 0;
  Bytes blob_;
  std::vector<std::uint64_t> open_;  // values that arrays still lack, the innermost last
  Reply reply_;
  bool is_complete_ = false;
};

/// A command as the server reads it, at the end of `out`.
void append_command(Bytes& out, std::span<const Bytes> words);
/// The same of texts.
void append_command(Bytes& out, std::initializer_list<std::string_view> words);
/// Valid UTF-8: bytes that are not become question marks.
std::string to_text(ByteSpan bytes);

}  // namespace theater::hosts::redis
