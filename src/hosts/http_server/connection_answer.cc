// Connection: what becomes of its request, and the bytes of the answer.
#include <utility>

#include "hosts/http/refusal.h"
#include "hosts/http_server/connection.h"

namespace theater::hosts::http_server {

namespace {

constexpr std::size_t kHeadRoom = 512;        // reserved for a head
constexpr std::size_t kSharedBodyMin = 4096;  // smaller ones lie better beside their head

Bytes text_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

}  // namespace

void Connection::taken() { apply(Input::kTaken); }

void Connection::respond(const http::ResponseMessage& response, const SharedFrame& body) {
  response_ = &response;
  if (body && body->size() >= kSharedBodyMin) body_of_all_ = body;
  apply(Input::kRespond);
  response_ = nullptr;
  body_of_all_.reset();
}

void Connection::park(Nanoseconds hold) {
  hold_ = hold;
  apply(Input::kPark);
  if (state() == State::kParked && has_peer_ended_) {
    ending_ = Ending::kGone;
    apply(Input::kPeerEnd);
  }
}

void Connection::stream(const http::ResponseMessage& response) {
  response_ = &response;
  apply(Input::kStream);
  response_ = nullptr;
  if (state() != State::kStreaming) return;
  if (is_bare_) return apply(Input::kFinish);
  if (!has_peer_ended_) return;
  ending_ = Ending::kGone;
  apply(Input::kPeerEnd);
}

void Connection::fail(http::Refusal refusal, std::optional<Ending> ending) {
  if (ending) ending_ = ending;
  refusal_ = std::make_unique<http::Refusal>(std::move(refusal));
  apply(Input::kRefuse);
}

/// Where the next request begins is not known, or not worth reading to.
void Connection::refuse(http::Refusal refusal) {
  keeps_alive_ = false;
  fail(std::move(refusal));
}

void Connection::write(ByteSpan chunk) {
  if (state() == State::kStreaming) append_stream(chunk);
}

void Connection::write_event(const std::string& text) { write(as_bytes(text)); }

bool Connection::publish(Publication& publication) {
  if (state() != State::kStreaming || is_bare_) return true;
  if (outbox_.is_empty()) moved_ = setup_.owner.tick_time();
  outbox_.add(is_chunked_ ? publication.chunked() : publication.raw());
  if (outbox_.bytes() <= limits_.topic_bytes) return true;
  ending_ = Ending::kSlow;
  apply(Input::kDeadline);
  return false;
}

void Connection::finish() { apply(Input::kFinish); }

void Connection::eject() {
  is_ejected_ = true;
  refusal_ = std::make_unique<http::Refusal>(503, "the actor stops", kRetrySeconds);
  apply(Input::kEject);
  flush();
}

bool Connection::is_stuck() const {
  return is_write_blocked_ && (state() == State::kStreaming || state() == State::kWriting);
}

void Connection::cut_off() {
  ending_ = Ending::kSlow;
  apply(Input::kDeadline);
  outbox_.clear();
}

/// All is written: the next request, or the end.
bool Connection::has_spoken() {
  write_out();
  if (state() != State::kWriting || !outbox_.is_empty()) return false;
  apply(stays() ? Input::kFlushedKeep : Input::kFlushedLast);
  if (state() == State::kLingering && has_peer_ended_) apply(Input::kPeerEnd);
  return true;
}

bool Connection::stays() const {
  return keeps_alive_ && !body_ && !is_ejected_ && (!has_peer_ended_ || is_ahead_);
}

std::string_view Connection::connection_line() const {
  if (!stays()) return "Connection: close\r\n";
  return minor_version_ == 0 ? "Connection: keep-alive\r\n" : "";
}

void Connection::write_response(const http::ResponseMessage& response) {
  setup_.owner.on_answered(response.status);
  const bool has_body = !is_bare_ && !http::has_no_body(response.status);
  if (outbox_.is_empty()) moved_ = setup_.owner.tick_time();
  const bool is_copied = has_body && !body_of_all_;
  Bytes& out = outbox_.begin(kHeadRoom + (is_copied ? response.body.size() : 0));
  http::append_response_head(
      out, response,
      {http::BodyEnd::kLength, response.body.size(), setup_.owner.date_line(), connection_line()});
  if (is_copied) append(out, response.body);
  outbox_.commit();
  if (has_body && body_of_all_) outbox_.add(body_of_all_);
}

void Connection::write_refusal() {
  const auto refusal = std::exchange(refusal_, nullptr);
  http::ResponseMessage response{refusal->status, {}, {}};
  if (refusal->status == 204) {
    response.headers.emplace_back("Allow",
                                  text_bytes("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    return write_response(response);
  }
  response.headers.emplace_back("Content-Type", text_bytes("text/plain; charset=utf-8"));
  if (refusal->retry_seconds > 0) {
    response.headers.emplace_back("Retry-After",
                                  text_bytes(std::to_string(refusal->retry_seconds)));
  }
  const std::string body = refusal->message + "\n";
  response.body = as_bytes(body);
  write_response(response);
  if (refusal->retry_seconds > 0 && stays()) {
    was_turned_away_ = true;
    setup_.owner.on_turned_away(*this);
  }
}

/// A stream without a content type is one of events.
void Connection::write_head() {
  http::ResponseMessage response = *response_;
  const auto type = http::find_header(response.headers, "content-type");
  is_events_ = !type || type->starts_with("text/event-stream");
  if (!type) response.headers.emplace_back("Content-Type", text_bytes("text/event-stream"));
  if (is_events_ && !http::find_header(response.headers, "cache-control")) {
    response.headers.emplace_back("Cache-Control", text_bytes("no-cache"));
  }
  is_chunked_ = minor_version_ > 0;
  if (!is_chunked_) keeps_alive_ = false;
  if (http::has_no_body(response.status)) is_bare_ = true;
  const auto end = is_chunked_ ? http::BodyEnd::kChunked : http::BodyEnd::kClose;
  setup_.owner.on_answered(response.status);
  http::append_response_head(outbox_.begin(kHeadRoom), response,
                             {end, 0, setup_.owner.date_line(), connection_line()});
  outbox_.commit();
  moved_ = setup_.owner.tick_time();
  if (is_events_) {
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(limits_.retry);
    append_stream(as_bytes(fmt::format("retry: {}\n\n", wait.count())));
  }
  append_stream(response.body);
}

void Connection::append_stream(ByteSpan data) {
  if (data.empty() || is_bare_) return;
  if (outbox_.is_empty()) moved_ = setup_.owner.tick_time();
  Bytes& out = outbox_.begin(data.size() + 16);
  if (is_chunked_) {
    http::append_chunk(out, data);
  } else {
    append(out, data);
  }
  outbox_.commit();
}

}  // namespace theater::hosts::http_server
