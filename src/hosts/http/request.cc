// Request: request line, fields, what they say together.
#include "hosts/http/request.h"

#include <algorithm>
#include <optional>

#include "hosts/http/fields.h"
#include "hosts/http/limits.h"

namespace theater::hosts::http {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

Refusal bad(std::string_view why) { return {400, std::string(why)}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// uri-host [":" port]: nothing that could be read as another part of a URI.
bool is_authority(std::string_view text) {
  constexpr std::string_view kOther = "-._~%!$&'()*+;=:[]";
  const auto colon = text.find(':', text.find(']') == std::string_view::npos ? 0 : text.find(']'));
  const std::string_view host = text.substr(0, colon);
  if (host.empty()) return false;
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    if (port.size() > 5 || !std::ranges::all_of(port, is_digit)) return false;
  }
  return std::ranges::all_of(host, [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOther.find(c) != std::string_view::npos;
  });
}

/// Fills a Request line by line; the first refusal ends it.
class RequestReader {
 public:
  explicit RequestReader(std::string_view head) : rest_(head) {}

  std::expected<Request, Refusal> read() {
    if (rest_.starts_with(kLineEnd)) rest_.remove_prefix(kLineEnd.size());
    if (auto refusal = read_request_line()) return std::unexpected(std::move(*refusal));
    while (!rest_.starts_with(kLineEnd)) {
      if (rest_.empty()) return std::unexpected(bad("the head is incomplete"));
      if (auto refusal = read_field()) return std::unexpected(std::move(*refusal));
    }
    for (auto check : {&RequestReader::check_host, &RequestReader::check_framing,
                       &RequestReader::check_connection, &RequestReader::check_expectation}) {
      if (auto refusal = (this->*check)()) return std::unexpected(std::move(*refusal));
    }
    return std::move(request_);
  }

 private:
  using MaybeRefusal = std::optional<Refusal>;

  std::string_view next_line() {
    const auto end = rest_.find(kLineEnd);
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + kLineEnd.size());
    return line;
  }

  MaybeRefusal read_request_line() {
    const std::string_view line = next_line();
    const auto first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return bad("not a request line");
    if (auto refusal = read_version(line.substr(last + 1))) return refusal;
    if (auto refusal = read_method(line.substr(0, first))) return refusal;
    return read_target(line.substr(first + 1, last - first - 1));
  }

  MaybeRefusal read_version(std::string_view version) {
    const bool is_well_formed = version.size() == 8 && version.starts_with("HTTP/") &&
                                is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (!is_well_formed) return bad("not an HTTP version");
    if (version[5] != '1') return Refusal{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
    request_.minor_version = version[7] == '0' ? 0 : 1;  // a later minor version reads as 1.1
    return std::nullopt;
  }

  MaybeRefusal read_method(std::string_view method) {
    if (!is_token(method)) return bad("not a method");
    const bool is_upper = std::ranges::none_of(method, [](char c) { return c >= 'a' && c <= 'z'; });
    if (!is_upper || method.size() > kMethodBytesMax || method == "CONNECT" || method == "TRACE") {
      return Refusal{501, "this method is not implemented"};
    }
    request_.method = method;
    return std::nullopt;
  }

  /// Origin form, absolute form, or the asterisk.
  MaybeRefusal read_target(std::string_view target) {
    if (target.size() > kTargetBytesMax) return Refusal{414, "the target is too long"};
    const bool is_visible = std::ranges::all_of(
        target, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '#'; });
    if (target.empty() || !is_visible) return bad("not a target");
    if (target == "*" && request_.method == "OPTIONS") {
      request_.target = target;
      return std::nullopt;
    }
    if (const auto scheme = target.find("://"); !target.starts_with('/')) {
      const bool is_http =
          scheme != std::string_view::npos && (same_word(target.substr(0, scheme), "http") ||
                                               same_word(target.substr(0, scheme), "https"));
      if (!is_http) return bad("the target is neither a path nor an http URL");
      target.remove_prefix(scheme + 3);
      const auto end = std::min(target.find_first_of("/?"), target.size());
      authority_ = target.substr(0, end);
      if (!is_authority(*authority_)) return bad("the target's host is not one");
      target.remove_prefix(end);
    }
    request_.target = target.starts_with('/') ? target : "/" + std::string(target);
    return std::nullopt;
  }

  MaybeRefusal read_field() {
    const std::string_view line = next_line();
    if (line.starts_with(' ') || line.starts_with('\t')) return bad("a folded header field");
    const auto field = parse_field_line(line);
    if (!field) return bad("not a header field");
    if (request_.headers.size() == kFieldsMax) return Refusal{431, "too many header fields"};
    request_.headers.emplace_back(lower(field->name), to_bytes(as_bytes(field->value)));
    return std::nullopt;
  }

  /// The values of one field, however many lines it has.
  std::vector<std::string_view> values(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const auto& [field, value] : request_.headers) {
      if (field == name) found.push_back(as_text(value));
    }
    return found;
  }

  MaybeRefusal check_host() {
    const auto hosts = values("host");
    if (hosts.size() > 1) return bad("more than one Host");
    if (hosts.empty() && request_.minor_version > 0) return bad("no Host");
    if (!hosts.empty() && !is_authority(hosts[0])) return bad("Host names no host");
    if (!authority_) return std::nullopt;
    for (auto& [field, value] : request_.headers) {  // RFC 9112, 3.2.2: the target's counts
      if (field == "host") value = to_bytes(as_bytes(*authority_));
    }
    return std::nullopt;
  }

  MaybeRefusal check_framing() {
    const auto lengths = values("content-length");
    const auto codings = values("transfer-encoding");
    if (!codings.empty()) {
      if (!lengths.empty()) return bad("both Content-Length and Transfer-Encoding");
      if (request_.minor_version == 0) return bad("Transfer-Encoding in HTTP/1.0");
      if (codings.size() > 1) return bad("more than one Transfer-Encoding");
      if (!same_word(codings[0], "chunked")) return refuse_coding(codings[0]);
      request_.framing.kind = Framing::Kind::kChunked;
      return std::nullopt;
    }
    if (lengths.empty()) return std::nullopt;
    if (lengths.size() > 1) return bad("more than one Content-Length");
    const auto length = decimal(lengths[0], kLengthDigitsMax);
    if (!length) return bad("Content-Length is not a length");
    if (*length > 0) request_.framing = {Framing::Kind::kLength, *length};
    return std::nullopt;
  }

  /// A coding we do not know before a final "chunked" leaves the framing clear; anything else does
  /// not.
  static MaybeRefusal refuse_coding(std::string_view codings) {
    const auto all = elements(codings);
    const auto chunked = std::ranges::count_if(
        all, [](const std::string& coding) { return same_word(coding, "chunked"); });
    if (all.size() > 1 && chunked == 1 && same_word(all.back(), "chunked")) {
      return Refusal{501, "only the transfer coding chunked is implemented"};
    }
    return bad("Transfer-Encoding leaves the body's end unknown");
  }

  MaybeRefusal check_connection() {
    bool closes = false, keeps = false;
    for (const std::string_view value : values("connection")) {
      closes |= has_token(value, "close");
      keeps |= has_token(value, "keep-alive");
    }
    request_.keeps_alive = !closes && (keeps || request_.minor_version > 0);
    return std::nullopt;
  }

  MaybeRefusal check_expectation() {
    for (const std::string_view value : values("expect")) {
      if (!same_word(value, "100-continue")) return Refusal{417, "only 100-continue is known"};
      request_.expects_continue = request_.minor_version > 0;
    }
    return std::nullopt;
  }

  std::string_view rest_;
  Request request_;
  std::optional<std::string_view> authority_;  // of an absolute target
};

}  // namespace

std::string_view Request::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Request::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

std::string Request::header(std::string_view name) const {
  std::string joined;
  for (const auto& [field, value] : headers) {
    if (field != name) continue;
    if (!joined.empty()) joined += ", ";
    joined += as_text(value);
  }
  return joined;
}

bool Request::asks_for_websocket() const { return has_token(header("upgrade"), "websocket"); }

std::expected<Request, Refusal> parse_request(ByteSpan head) {
  return RequestReader(as_text(head)).read();
}

}  // namespace theater::hosts::http
