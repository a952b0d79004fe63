// ReplyReader: lines, blobs, and how many values arrays still lack.
#include "hosts/redis/reply_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "hosts/redis/limits.h"
#include "wasm/utf8.h"

namespace theater::hosts::redis {

namespace {

constexpr std::int64_t kBlobBytesMost = 512 << 20;  // what servers hold at most
constexpr std::int64_t kArrayMost = 64 << 20;
constexpr std::size_t kEndBytes = 2;  // carriage return, line feed

Result<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && stop == end && !text.empty()) return number;
  return fail(Code::kInvalid, "\"{}\" is not a number", to_text(as_bytes(text.substr(0, 32))));
}

}  // namespace

Result<std::optional<Reply>> ReplyReader::next(ByteSpan& input) {
  while (!input.empty()) {
    switch (want_) {
      case Want::kBlob:
        TRY_OK(take_blob(input));
        break;
      case Want::kBlobEnd:
        TRY_OK(take_blob_end(input));
        break;
      case Want::kLine: {
        const auto end = std::ranges::find(input, std::uint8_t{'\n'});
        const auto size = static_cast<std::size_t>(end - input.begin());
        const bool is_whole = end != input.end();
        if (line_.size() + size > kLineBytesMax) return fail(Code::kInvalid, "a line is too long");
        line_ += as_text(input.first(size));
        input = input.subspan(is_whole ? size + 1 : size);
        if (is_whole) TRY_OK(take_line());
        break;
      }
    }
    if (!std::exchange(is_complete_, false)) continue;
    return std::exchange(reply_, {});
  }
  return std::nullopt;
}

Status ReplyReader::take_line() {
  std::string line = std::exchange(line_, {});
  if (line.size() < kEndBytes || line.back() != '\r') {
    return fail(Code::kInvalid, "a line without a type or an end");
  }
  line.pop_back();
  const char type = line.front();
  const std::string_view rest = std::string_view(line).substr(1);
  switch (type) {
    case '+':
      add(Value::make<Value::kText>(to_text(as_bytes(rest))), rest.size());
      break;
    case '-':
      add(Value::make<Value::kFailure>(to_text(as_bytes(rest))), rest.size());
      break;
    case ':': {
      TRY(const std::int64_t number, parse_number(rest));
      add(Value::make<Value::kInteger>(number), 0);
      break;
    }
    case '$': {
      TRY(const std::int64_t size, parse_number(rest));
      return begin_bulk(size);
    }
    case '*': {
      TRY(const std::int64_t count, parse_number(rest));
      return begin_array(count);
    }
    default:
      return fail(Code::kInvalid, "no reply begins with byte {}", static_cast<unsigned char>(type));
  }
  finish_value();
  return {};
}

Status ReplyReader::begin_bulk(std::int64_t size) {
  if (size < -1 || size > kBlobBytesMost) return fail(Code::kInvalid, "a string of {} bytes", size);
  if (size == -1) {
    add(Value::make<Value::kNil>(), 0);
    finish_value();
    return {};
  }
  blob_left_ = static_cast<std::uint64_t>(size);
  // Of a blob that will not fit nothing is kept.
  if (reply_.bytes + blob_left_ > reply_max_) add(Value::make<Value::kNil>(), blob_left_);
  want_ = blob_left_ > 0 ? Want::kBlob : Want::kBlobEnd;
  return {};
}

Status ReplyReader::begin_array(std::int64_t count) {
  if (count < -1 || count > kArrayMost) return fail(Code::kInvalid, "an array of {}", count);
  if (count == -1) {
    add(Value::make<Value::kNil>(), 0);
    finish_value();
    return {};
  }
  if (open_.size() >= kDepthMax) return fail(Code::kInvalid, "arrays are nested too deep");
  add(Value::make<Value::kArray>(static_cast<std::uint32_t>(count)), 0);
  if (count == 0) {
    finish_value();
  } else {
    open_.push_back(static_cast<std::uint64_t>(count));
  }
  return {};
}

Status ReplyReader::take_blob(ByteSpan& input) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(blob_left_, input.size()));
  if (!reply_.is_too_large) append(blob_, input.first(size));
  input = input.subspan(size);
  blob_left_ -= size;
  if (blob_left_ == 0) want_ = Want::kBlobEnd;
  return {};
}

Status ReplyReader::take_blob_end(ByteSpan& input) {
  while (!input.empty() && line_.size() < kEndBytes) {
    line_ += static_cast<char>(input.front());
    input = input.subspan(1);
  }
  if (line_.size() < kEndBytes) return {};
  if (std::exchange(line_, {}) != "\r\n") return fail(Code::kInvalid, "a string without its end");
  want_ = Want::kLine;
  const std::size_t size = blob_.size();
  add(Value::make<Value::kBlob>(std::exchange(blob_, {})), size);
  finish_value();
  return {};
}

void ReplyReader::add(Value value, std::size_t bytes) {
  reply_.bytes += reply_.is_too_large ? 0 : bytes + kValueOverhead;
  if (reply_.bytes > reply_max_) {
    reply_ = {{}, 0, true};
    Bytes().swap(blob_);
  }
  if (!reply_.is_too_large) reply_.values.push_back(std::move(value));
}

/// A value is whole, and with it, perhaps, arrays around it.
void ReplyReader::finish_value() {
  while (!open_.empty() && --open_.back() == 0) open_.pop_back();
  is_complete_ = open_.empty();
}

void append_command(Bytes& out, std::span<const Bytes> words) {
  append(out, as_bytes(fmt::format("*{}\r\n", words.size())));
  for (const Bytes& word : words) {
    append(out, as_bytes(fmt::format("${}\r\n", word.size())));
    append(out, word);
    append(out, as_bytes("\r\n"));
  }
}

void append_command(Bytes& out, std::initializer_list<std::string_view> words) {
  append(out, as_bytes(fmt::format("*{}\r\n", words.size())));
  for (const std::string_view word : words) {
    append(out, as_bytes(fmt::format("${}\r\n{}\r\n", word.size(), word)));
  }
}

std::string to_text(ByteSpan bytes) {
  std::string text(as_text(bytes));
  if (wasm::is_valid_utf8(bytes)) return text;
  std::ranges::replace_if(text, [](char c) { return (c & 0x80) != 0; }, '?');
  return text;
}

}  // namespace theater::hosts::redis
