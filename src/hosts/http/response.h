// Response: what a guest answers, checked, and its head as bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hosts/http/message.h"

namespace theater::hosts::http {

/// Why this cannot be sent; nothing if it can.
std::optional<std::string> check_response(const ResponseMessage& response);
/// The first value of a header, in any case; nothing if it is missing.
std::optional<std::string_view> find_header(const host::Headers& headers, std::string_view name);

/// How the client learns where the body ends.
enum class BodyEnd : std::uint8_t { kLength, kChunked, kClose };

/// What the host says in a head beside the guest's fields.
struct HeadFraming {
  BodyEnd end = BodyEnd::kLength;
  std::uint64_t length = 0;
  std::string_view date_line;
  std::string_view connection_line;  // with its line end; may be empty
};
/// Leaves out what only the host may say: framing, connection, date.
void append_response_head(Bytes& out, const ResponseMessage& response, const HeadFraming& framing);
/// 204 and 304 have no body, nor any answer to HEAD.
bool has_no_body(std::uint16_t status);

/// Chunked transfer coding.
void append_chunk(Bytes& out, ByteSpan data);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace theater::hosts::http
