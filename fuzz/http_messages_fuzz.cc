// HTTP messages: cut into pieces anywhere they read as they do whole; what is accepted can be shown
// to a guest; a body's pieces never exceed what its framing says.
#include <cstdlib>
#include <string>

#include "hosts/http/body_decoder.h"
#include "hosts/http/fields.h"
#include "hosts/http/head_scanner.h"

namespace {

using namespace theater;
using namespace theater::hosts::http;

void require(bool condition) {
  if (!condition) std::abort();
}

using Scanned = std::expected<std::optional<std::size_t>, Refusal>;

/// Gives the scanner `step` bytes more each time.
Scanned scan_in_steps(ByteSpan bytes, std::size_t step) {
  HeadScanner scanner;
  Scanned found = std::nullopt;
  for (std::size_t size = 0; size < bytes.size() && found && !*found;) {
    size = std::min(bytes.size(), size + step);
    found = scanner.scan(bytes.first(size));
  }
  return found;
}

struct Read {
  std::string body;
  BodyDecoder::Step last = BodyDecoder::Step::kMore;
  std::string left;
};

Read read_body(const Framing& framing, ByteSpan bytes, std::size_t step) {
  BodyDecoder decoder(framing);
  Read read;
  while (true) {
    const ByteSpan piece = bytes.first(std::min(step, bytes.size()));
    ByteSpan input = piece;
    do {
      read.last = decoder.next(input);
      if (read.last == BodyDecoder::Step::kData) read.body += as_text(decoder.data());
    } while (read.last == BodyDecoder::Step::kData);
    bytes = bytes.subspan(piece.size() - input.size());
    if (read.last != BodyDecoder::Step::kMore || bytes.empty()) break;
  }
  if (read.last == BodyDecoder::Step::kEnd) read.left = as_text(bytes);
  return read;
}

void check_request(const Request& request) {
  require(is_token(request.method));
  require(request.target == "*" || request.target.starts_with('/'));
  for (const char c : request.target) require(c > 0x20 && c < 0x7f);
  for (const auto& [name, value] : request.headers) {
    require(is_token(name) && is_field_value(as_text(value)));
  }
}

void check_body(const Framing& framing, ByteSpan bytes) {
  const Read whole = read_body(framing, bytes, bytes.size());
  const Read pieces = read_body(framing, bytes, 1);
  require(whole.last == pieces.last && whole.left == pieces.left && whole.body == pieces.body);
  if (framing.kind == Framing::Kind::kLength) require(whole.body.size() <= framing.length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan bytes(data, size);
  const Scanned whole = HeadScanner().scan(bytes);
  const Scanned pieces = scan_in_steps(bytes, 1);
  require(size == 0 || whole.has_value() == pieces.has_value());
  if (!whole || !*whole) return 0;
  require(*whole == *pieces);
  const ByteSpan head = bytes.first(**whole);
  const auto request = parse_request(head);
  if (!request) {
    require(request.error().status >= 400 && request.error().status < 600);
    return 0;
  }
  check_request(*request);
  check_body(request->framing, bytes.subspan(head.size()));
  return 0;
}
