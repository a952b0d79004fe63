// The http-client family: requests to the servers that the grant names.
#pragma once

#include <chrono>
#include <string_view>

#include "theater/actor.h"
#include "theater/headers.h"

namespace theater {

using Started = actor::types::Started;
using Error = actor::types::Error;
using HttpResponse = actor::http_types::Response;
/// A response of any status, or why there is none.
using HttpResult = wit::Result<HttpResponse, Error>;
/// How a response comes: whole (at most 240 KiB), in parts by credit, or kept by the host.
using Delivery = actor::http_client_types::Delivery;

namespace http {
using std::chrono::milliseconds;

/// What is asked of a server.
///   theater::http::start({.method = "PUT", .url = url, .headers = {{"if-match", tag}}, .body =
///   page},
///                        {.delivery = theater::Delivery::kParts, .deadline = 5s});
struct Request {
  std::string_view method = "GET";  // any, in upper case
  std::string_view url;
  HeaderList headers{};
  BytesView body{};
};
struct Options {
  Delivery delivery = Delivery::kWhole;
  milliseconds deadline{0};  // 0: as long as the grant says
};

/// Starts once the invocation is committed; the id of the operation.
inline Started start(const Request& request, Options options = {}) {
  const detail::HeaderView headers(request.headers);
  return actor::http_client::start({request.method, request.url, headers.get(), request.body},
                                   options.delivery,
                                   static_cast<std::uint32_t>(options.deadline.count()));
}
/// Sends now, and waits for the whole response; nothing takes it back. Is this invocation repeated
/// after a crash, then what it had sent is not sent again: it answers `interrupted`.
inline HttpResult send_now(const Request& request, milliseconds deadline = milliseconds(0)) {
  const detail::HeaderView headers(request.headers);
  return actor::http_client::send_wait({request.method, request.url, headers.get(), request.body},
                                       static_cast<std::uint32_t>(deadline.count()));
}

// Short forms of these two.
inline Started get(std::string_view url, Delivery delivery = Delivery::kWhole,
                   milliseconds deadline = milliseconds(0)) {
  return start({.url = url}, {delivery, deadline});
}
inline Started post(std::string_view url, BytesView body, milliseconds deadline = milliseconds(0)) {
  return start({.method = "POST", .url = url, .body = body}, {.deadline = deadline});
}
inline HttpResult get_now(std::string_view url, milliseconds deadline = milliseconds(0)) {
  return send_now({.url = url}, deadline);
}
inline HttpResult post_now(std::string_view url, BytesView body,
                           milliseconds deadline = milliseconds(0)) {
  return send_now({.method = "POST", .url = url, .body = body}, deadline);
}
}  // namespace http

/// What becomes of the requests. Views are valid during the call.
class HttpClientHandler : public virtual ActorCore, public actor::http_client_handler::Guest {
 public:
  StateResult handle_events(BytesView state,
                            wit::List<actor::http_client_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) { dispatch(event); });
  }

 protected:
  /// With delivery parts: status and headers; the body is empty.
  virtual void on_head(std::uint64_t operation, const HttpResponse&) { (void)operation; }
  virtual void on_part(std::uint64_t operation, BytesView) { (void)operation; }
  /// The last event of each request.
  virtual void on_result(std::uint64_t operation, const HttpResult& result) = 0;

 private:
  void dispatch(const actor::http_client_types::Event& event) {
    using Tag = actor::http_client_types::Payload::Tag;
    const auto& payload = event.payload;
    if (payload.tag == Tag::kHead) return on_head(event.id, payload.head);
    if (payload.tag == Tag::kPart) return on_part(event.id, payload.part);
    on_result(event.id, payload.ended);
  }
};

}  // namespace theater
