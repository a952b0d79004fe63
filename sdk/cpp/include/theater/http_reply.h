// What an actor answers to HTTP requests.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "theater/actor.h"
#include "theater/headers.h"

namespace theater {

/// A response of the actor's. The host frames the body and writes the date.
struct Response {
  std::uint16_t status = 200;
  HeaderList headers;
  std::string body;
};
inline Response make_response(std::string_view type, std::string_view body,
                              std::uint16_t status = 200) {
  return {status, {{"content-type", std::string(type)}}, std::string(body)};
}
inline Response text_response(std::string_view body, std::uint16_t status = 200) {
  return make_response("text/plain; charset=utf-8", body, status);
}
inline Response json_response(std::string_view body, std::uint16_t status = 200) {
  return make_response("application/json", body, status);
}

namespace detail {
/// A response as the host takes it; points into the response.
class ResponseView {
 public:
  explicit ResponseView(const Response& response)
      : fields_(response.headers), view_{response.status, fields_.get(), as_bytes(response.body)} {}
  const actor::http_types::Response& get() const { return view_; }

 private:
  HeaderView fields_;
  actor::http_types::Response view_;
};
}  // namespace detail

using Outcome = actor::types::Outcome;

/// Answers many requests alike, as one effect; those that are over are left out.
inline Outcome respond_all(const std::vector<std::uint64_t>& ids, const Response& response) {
  return actor::http_server::respond_all(ids, detail::ResponseView(response).get());
}

/// How a request is answered.
class Reply {
 public:
  Reply(Response response) : response_(std::move(response)) {}
  /// Parks it: respond() later, from any invocation. Afterwards the client gets 204.
  static Reply later(std::chrono::milliseconds hold) {
    Reply reply{Response()};
    reply.kind_ = Kind::kLater;
    reply.hold_ = hold;
    return reply;
  }
  /// The response goes on with write() until finish().
  static Reply stream(Response begin) {
    Reply reply(std::move(begin));
    reply.kind_ = Kind::kStream;
    return reply;
  }
  /// A stream of Server-Sent Events that carries what is published to the topic.
  static Reply events(std::string_view topic) {
    Reply reply{Response()};
    reply.kind_ = Kind::kStream;
    reply.topic_ = topic;
    return reply;
  }
  /// The request is answered by respond() already.
  static Reply none() {
    Reply reply{Response()};
    reply.kind_ = Kind::kNone;
    return reply;
  }

 private:
  friend class HttpServerHandler;
  enum class Kind : std::uint8_t { kNow, kLater, kStream, kNone };
  Response response_;
  Kind kind_ = Kind::kNow;
  std::chrono::milliseconds hold_{};
  std::optional<std::string> topic_;
};

}  // namespace theater
