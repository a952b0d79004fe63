// Page: static files, small texts, and their way to the socket.
#include "hosts/listener/page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "hosts/http/date.h"
#include "hosts/http/fields.h"
#include "hosts/listener/limits.h"

namespace theater::hosts::listener {

namespace {

constexpr std::size_t kFileChunk = 64 * 1024;  // read and written at a time
constexpr int kDiscardsMax = 16;               // reads of what nobody wants, in one turn

constexpr std::pair<std::string_view, std::string_view> kMediaTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".wasm", "application/wasm"},
    {".woff2", "font/woff2"},
};

std::optional<http::Refusal> refuse_method(const http::Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    return http::Refusal{405, "only GET and HEAD"};
  }
  if (request.has_body()) return http::Refusal{400, "a request without a body is wanted"};
  return std::nullopt;
}

constexpr std::string_view kKeepNothing = "Cache-Control: no-store\r\n";

std::string page_head(std::string_view type, std::uint64_t size, std::string_view caching) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
      type, size, caching);
}

/// Names the contents of a file. Weak: two changes within one tick of the file system's clock look
/// the same (RFC 9110 8.8.1).
std::string entity_tag(const io::FolderFile& file) {
  return fmt::format("\"{:x}-{:x}\"", file.size(), file.changed().since_epoch.count());
}

/// Whether If-None-Match names the tag (RFC 9110 13.1.2, weak comparison), or any.
bool has_tag(const http::Request& request, std::string_view tag) {
  for (std::string_view known : http::elements(request.header("if-none-match"))) {
    if (known == "*") return true;
    if (known.starts_with("W/")) known.remove_prefix(2);
    if (known == tag) return true;
  }
  return false;
}

}  // namespace

std::string_view media_type(std::string_view name) {
  for (const auto& [end, type] : kMediaTypes) {
    if (name.ends_with(end)) return type;
  }
  return "application/octet-stream";
}

std::optional<std::string> file_name(std::string_view path) {
  std::string name;
  for (std::size_t i = 1; i < path.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(path[i]);
    if (c == '%') {
      if (i + 2 >= path.size()) return std::nullopt;
      const char* digits = path.data() + i + 1;
      const auto [end, error] = std::from_chars(digits, digits + 2, c, 16);
      if (error != std::errc{} || end != digits + 2 || c == '/') return std::nullopt;
      i += 2;
    }
    if (c < 0x20 || c == 0x7f || c == '\\') return std::nullopt;
    name += static_cast<char>(c);
  }
  if (name.empty() || name.ends_with('/')) name += "index.html";
  return name;
}

Answer answer_refusal(const http::Refusal& refusal, Part part) {
  std::string text = http::refusal_response(refusal);
  if (part == Part::kHead) text.resize(text.find("\r\n\r\n") + 4);
  return {std::move(text), nullptr};
}

Answer answer_json(const http::Request& request, const std::string& json) {
  if (const auto refusal = refuse_method(request)) {
    return answer_refusal(*refusal, part_of(request));
  }
  const std::string head = page_head("application/json", json.size(), kKeepNothing);
  return {request.method == "HEAD" ? head : head + json, nullptr};
}

Answer answer_static(const http::Request& request, const io::Folder* folder) {
  const Part part = part_of(request);
  if (const auto refusal = refuse_method(request)) return answer_refusal(*refusal, part);
  const auto name = file_name(request.path());
  if (!folder || !name) return answer_refusal({404, "not found"}, part);
  auto file = folder->open_file(*name);
  if (!file || (*file)->size() > kPageBytesMax) return answer_refusal({404, "not found"}, part);
  const std::string tag = entity_tag(**file);
  const std::string caching = fmt::format("Cache-Control: no-cache\r\nETag: W/{}\r\n", tag);
  if (has_tag(request, tag)) {
    return {fmt::format("HTTP/1.1 304 Not Modified\r\n{}Connection: close\r\n\r\n", caching),
            nullptr};
  }
  Answer answer{page_head(media_type(*name), (*file)->size(), caching), nullptr};
  if (request.method == "GET") answer.file = std::move(*file);
  return answer;
}

Page::Page(const host::Services& services, std::unique_ptr<io::Stream> stream, Answer answer)
    : services_(services), stream_(std::move(stream)), answer_(std::move(answer)) {}

Page::Page(const host::Services& services, std::unique_ptr<io::Stream> stream, Find find)
    : services_(services), stream_(std::move(stream)), find_(std::move(find)) {}

Page::~Page() { services_.executor.cancel(deadline_); }

void Page::start(std::move_only_function<void()> done) {
  done_ = std::move(done);
  deadline_ = services_.executor.after(kPageTime, [this] { finish(); });
  if (!find_) return begin();
  auto found = std::make_shared<Answer>();  // the worker's, then ours
  services_.workers.run(
      [found, find = std::exchange(find_, nullptr)]() mutable { *found = find(); },
      services_.executor, lifeline_.guard([this, found] {
        answer_ = std::move(*found);
        begin();
      }));
}

/// The answer is there.
void Page::begin() {
  chunk_ = std::move(answer_.text);
  chunk_.insert(chunk_.find("\r\n") + 2, http::date_line(services_.clock.wall()));
  file_ = std::move(answer_.file);
  if (!stream_->attach(services_.network, *this)) return finish();
  stream_->want_write();
}

/// The next piece of the file becomes chunk_.
void Page::read_on() {
  auto piece = std::make_shared<std::string>();  // the worker's, then ours
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(kFileChunk, file_->size() - offset_));
  services_.workers.run(
      [piece, size, file = file_, offset = offset_] {
        piece->resize(size);
        const auto got =
            file->read_at(offset, {reinterpret_cast<std::uint8_t*>(piece->data()), piece->size()});
        piece->resize(got ? *got : 0);
      },
      services_.executor, lifeline_.guard([this, piece] { take(std::move(*piece)); }));
}

void Page::take(std::string piece) {
  if (piece.empty()) return end();  // it has become shorter
  chunk_ = std::move(piece);
  written_ = 0;
  offset_ += chunk_.size();
  stream_->want_write();
}

void Page::end() {
  stream_->shut_write();
  stream_->want_read();
}

void Page::on_writable() {
  const ByteSpan rest = as_bytes(std::string_view(chunk_).substr(written_));
  const std::array<ByteSpan, 1> pieces{rest};
  const auto taken = stream_->write(pieces);
  if (!taken) return finish();
  written_ += *taken;
  if (*taken < rest.size()) return stream_->want_write();
  if (!file_ || offset_ >= file_->size()) return end();
  read_on();
}

void Page::on_readable() {
  std::array<std::uint8_t, 1024> discarded;
  for (int turn = 0; turn < kDiscardsMax; ++turn) {
    const auto got = stream_->read(discarded);
    if (!got || (*got && **got == 0)) return finish();
    if (!*got) break;
  }
  stream_->want_read();
}

void Page::finish() {
  if (!done_) return;
  services_.executor.post(std::exchange(done_, nullptr));
}

}  // namespace theater::hosts::listener
