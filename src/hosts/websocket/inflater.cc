// permessage-deflate on zlib: raw deflate streams whose final 00 00 ff ff is left out.
#include "hosts/websocket/inflater.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/check.h"

namespace theater::hosts::websocket {

namespace {

constexpr std::array<std::uint8_t, 4> kTail{0x00, 0x00, 0xff, 0xff};
constexpr std::size_t kGrowth = 16 * 1024;  // output room added at a time
constexpr std::size_t kWindowBytesMax = 32 * 1024;
constexpr int kFinalBlocksMax = 16;    // in a message: each costs a copy of the window
constexpr int kMemoryLevel = 4;        // of zlib's 1 to 9: 16 KiB a compressor
constexpr int kServerWindowBits = 12;  // what we compress with, unless asked for less

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(trim(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// 8 to 15, possibly quoted; anything else is no window.
std::optional<int> window_of(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (bits < 8 || bits > 15 || text.front() == '0') return std::nullopt;
  return bits;
}

/// Applies one parameter of an offer; false: the offer cannot be accepted.
bool apply(std::string_view parameter, DeflateSettings& settings) {
  const auto equals = parameter.find('=');
  const std::string_view name = trim(parameter.substr(0, equals));
  const bool has_value = equals != std::string_view::npos;
  const std::string_view value = has_value ? trim(parameter.substr(equals + 1)) : "";
  if (name == "server_no_context_takeover") return !has_value;
  if (name == "client_no_context_takeover") return !has_value;
  if (name == "client_max_window_bits") return !has_value || window_of(value).has_value();
  if (name != "server_max_window_bits") return false;
  const auto bits = window_of(value);
  if (!bits || *bits < 9) return false;  // zlib cannot write a window of 8 bits
  settings.server_window_bits = std::min(settings.server_window_bits, *bits);
  return true;
}

}  // namespace

std::optional<DeflateSettings> negotiate_deflate(std::string_view offers) {
  for (const std::string_view offer : split(offers, ',')) {
    const auto parts = split(offer, ';');
    if (parts.front() != "permessage-deflate") continue;
    DeflateSettings settings;
    settings.server_window_bits = kServerWindowBits;
    const bool is_acceptable =
        std::all_of(parts.begin() + 1, parts.end(),
                    [&](std::string_view parameter) { return apply(parameter, settings); });
    if (is_acceptable) return settings;
  }
  return std::nullopt;
}

std::string deflate_answer(const DeflateSettings& settings) {
  return fmt::format(
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
      "server_max_window_bits={}",
      settings.server_window_bits);
}

std::string deflate_offer() {
  return "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
         "client_max_window_bits";
}

Result<DeflateSettings> read_deflate_answer(std::string_view answer) {
  const auto parts = split(answer, ';');
  DeflateSettings settings;
  settings.server_window_bits = kServerWindowBits;
  settings.client_keeps_context = true;
  bool is_good = parts.front() == "permessage-deflate" && answer.find(',') == answer.npos;
  for (std::size_t i = 1; i < parts.size() && is_good; ++i) {
    const auto equals = parts[i].find('=');
    const std::string_view name = trim(parts[i].substr(0, equals));
    const auto bits =
        equals == answer.npos ? std::nullopt : window_of(trim(parts[i].substr(equals + 1)));
    if (name == "server_no_context_takeover" && equals == answer.npos) {
      settings.client_keeps_context = false;
    } else if (name == "server_max_window_bits" && bits) {
      settings.client_window_bits = std::max(*bits, 9);
    } else if (name == "client_max_window_bits" && bits && *bits >= 9) {
      settings.server_window_bits = std::min(settings.server_window_bits, *bits);
    } else {
      is_good = name == "client_no_context_takeover" && equals == answer.npos;
    }
  }
  if (is_good) return settings;
  return fail(Code::kInvalid, "an answer to what was not offered: {}", answer);
}

struct Inflater::State {
  z_stream stream{};
  State(int window_bits) { CHECK(inflateInit2(&stream, -window_bits) == Z_OK, "zlib"); }
  ~State() { inflateEnd(&stream); }

  /// After a final block: another stream, which may refer to what came before (RFC 7692 7.2.3.4).
  void begin_again() {
    Bytes window(kWindowBytesMax);
    uInt size = 0;
    inflateGetDictionary(&stream, window.data(), &size);
    inflateReset(&stream);
    if (size > 0) inflateSetDictionary(&stream, window.data(), size);
  }
};

Inflater::Inflater(const DeflateSettings& settings) : settings_(settings) {}
Inflater::~Inflater() = default;

Result<Inflater::Part> Inflater::inflate(ByteSpan& compressed, std::size_t bytes_max, Bytes& out) {
  if (!state_) state_ = std::make_unique<State>(settings_.client_window_bits);
  auto part = inflate_some(compressed, bytes_max, out);
  if (part && *part == Part::kMore) return part;
  progress_ = {};
  if (!settings_.client_keeps_context || !part) state_.reset();
  return part;
}

Result<Inflater::Part> Inflater::inflate_some(ByteSpan& compressed, std::size_t bytes_max,
                                              Bytes& out) {
  const std::size_t enough = out.size() + kInflatedAtOnce;
  const std::size_t given = compressed.size();
  while (out.size() < enough && given - compressed.size() < kDeflatedAtOnce) {
    ByteSpan tail = ByteSpan(kTail).subspan(progress_.tail_taken);
    TRY(const Piece piece, step(progress_.is_at_tail ? tail : compressed, bytes_max, out));
    progress_.tail_taken = kTail.size() - tail.size();
    if (piece == Piece::kGoesOn) continue;
    // After a final block nothing is open that the tail would end.
    if (progress_.is_at_tail || progress_.has_just_ended) return Part::kLast;
    progress_.is_at_tail = true;
  }
  return Part::kMore;
}

/// One call of zlib. The piece is over when all of it is taken and all that it comes to is out.
Result<Inflater::Piece> Inflater::step(ByteSpan& piece, std::size_t bytes_max, Bytes& out) {
  z_stream& stream = state_->stream;
  const std::size_t before = out.size();
  const std::size_t room = std::min(kGrowth, bytes_max + 1 - before);
  out.resize(before + room);
  stream.next_in = const_cast<std::uint8_t*>(piece.data());
  const std::size_t offered = std::min(piece.size(), kDeflatedAtOnce);
  stream.avail_in = static_cast<uInt>(offered);
  stream.next_out = out.data() + before;
  stream.avail_out = static_cast<uInt>(room);
  const int answer = ::inflate(&stream, Z_SYNC_FLUSH);
  piece = piece.subspan(offered - stream.avail_in);
  out.resize(before + room - stream.avail_out);
  if (out.size() > bytes_max) return fail(Code::kTooLarge, "inflates to over {}", bytes_max);
  progress_.has_just_ended = answer == Z_STREAM_END;
  if (progress_.has_just_ended) {
    state_->begin_again();
    if (++progress_.ends > kFinalBlocksMax) return fail(Code::kInvalid, "too many final blocks");
    return piece.empty() ? Piece::kOver : Piece::kGoesOn;
  }
  if (answer == Z_BUF_ERROR) return Piece::kOver;  // no progress possible: all is out
  if (answer != Z_OK) return fail(Code::kInvalid, "not a deflate stream");
  return piece.empty() && stream.avail_out > 0 ? Piece::kOver : Piece::kGoesOn;
}

Bytes deflate(ByteSpan message, int window_bits) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -window_bits, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) == Z_OK,
        "zlib");
  Bytes out(deflateBound(&stream, message.size()) + kTail.size() + 16);
  stream.next_in = const_cast<std::uint8_t*>(message.data());
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(::deflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_in == 0, "zlib");
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  CHECK(out.size() >= kTail.size(), "zlib");
  out.resize(out.size() - kTail.size());
  return out;
}

}  // namespace theater::hosts::websocket
