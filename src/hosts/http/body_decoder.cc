// BodyDecoder: lengths and chunks.
#include "hosts/http/body_decoder.h"

#include <algorithm>

#include "hosts/http/fields.h"
#include "hosts/http/limits.h"

namespace theater::hosts::http {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Trailers are left out, but one that speaks of framing or routing was meant to be read.
bool is_trailer_field(std::string_view line) {
  constexpr std::string_view kForbidden[] = {"content-length", "transfer-encoding", "host"};
  const auto field = parse_field_line(line);
  return field && std::ranges::none_of(kForbidden, [&](std::string_view forbidden) {
           return same_word(field->name, forbidden);
         });
}

}  // namespace

BodyDecoder::BodyDecoder(const Framing& framing)
    : state_(framing.kind == Framing::Kind::kNone     ? State::kEnd
             : framing.kind == Framing::Kind::kLength ? State::kLength
                                                      : State::kSize),
      remaining_(framing.length) {}

BodyDecoder::Step BodyDecoder::next(ByteSpan& input, std::uint64_t data_max) {
  while (true) {
    switch (state_) {
      case State::kEnd:
        return Step::kEnd;
      case State::kFailed:
        return Step::kFailed;
      case State::kLength:
        return take_data(input, data_max, State::kEnd);
      case State::kData:
        return take_data(input, data_max, State::kDataReturn);
      default:
        if (input.empty()) return Step::kMore;
        take_framing(static_cast<char>(input.front()));
        if (state_ != State::kFailed) input = input.subspan(1);
    }
  }
}

BodyDecoder::Step BodyDecoder::take_data(ByteSpan& input, std::uint64_t data_max, State then) {
  if (input.empty()) return Step::kMore;
  if (data_max == 0) return Step::kHeld;
  data_ = input.first(std::min<std::uint64_t>({input.size(), remaining_, data_max}));
  input = input.subspan(data_.size());
  remaining_ -= data_.size();
  if (remaining_ == 0) state_ = then;
  return Step::kData;
}

void BodyDecoder::take_framing(char c) {
  switch (state_) {
    case State::kSize:
      return take_size(c);
    case State::kExtension:
      return take_extension(c);
    case State::kSizeLineFeed:
      return expect(c, '\n', remaining_ > 0 ? State::kData : State::kTrailer);
    case State::kDataReturn:
      return expect(c, '\r', State::kDataLineFeed);
    case State::kDataLineFeed:
      digits_ = 0;
      return expect(c, '\n', State::kSize);
    default:
      return take_trailer(c);
  }
}

void BodyDecoder::take_size(char c) {
  if (const int digit = hex_digit(c); digit >= 0) {
    if (++digits_ > kChunkDigitsMax) return fail(400, "a chunk's size has too many digits");
    remaining_ = (digits_ == 1 ? 0 : remaining_ * 16) + static_cast<std::uint64_t>(digit);
    return;
  }
  if (digits_ == 0) return fail(400, "a chunk without a size");
  if (c == '\r') {
    state_ = State::kSizeLineFeed;
  } else if (c == ';') {
    state_ = State::kExtension;
  } else {
    fail(400, "not a chunk's size");
  }
}

void BodyDecoder::take_extension(char c) {
  if (c == '\r') {
    state_ = State::kSizeLineFeed;
  } else if (!is_field_value({&c, 1})) {
    fail(400, "not a chunk extension");
  } else if (++extensions_ > kExtensionBytesMax) {
    fail(400, "too many chunk extensions");
  }
}

/// Lines of fields up to an empty one.
void BodyDecoder::take_trailer(char c) {
  if (++trailer_bytes_ > kTrailerBytesMax) return fail(431, "the trailer is too large");
  const bool follows_return = trailer_line_.ends_with('\r');
  if (follows_return != (c == '\n')) return fail(400, "a line of the trailer ends badly");
  if (c != '\n') {
    trailer_line_ += c;
    return;
  }
  trailer_line_.pop_back();
  if (trailer_line_.empty()) {
    state_ = State::kEnd;
  } else if (!is_trailer_field(trailer_line_)) {
    fail(400, "not a trailer field");
  }
  trailer_line_.clear();
}

void BodyDecoder::expect(char c, char wanted, State then) {
  if (c != wanted) return fail(400, "a chunk is longer or shorter than its size");
  state_ = then;
}

void BodyDecoder::fail(std::uint16_t status, std::string why) {
  state_ = State::kFailed;
  failure_ = {status, std::move(why)};
}

}  // namespace theater::hosts::http
