// The http-client family: requests to the servers that the grant names.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "theater/actor.h"

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

/// Starts once the invocation is committed; the id of the operation. Time 0: as the grant says.
inline Started get(std::string_view url, Delivery delivery = Delivery::kWhole,
                   milliseconds time = milliseconds(0)) {
  actor::http_types::Request request{};
  request.method = "GET";
  request.url = url;
  return actor::http_client::start(request, delivery, static_cast<std::uint32_t>(time.count()));
}
inline Started post(std::string_view url, BytesView body, milliseconds time = milliseconds(0)) {
  actor::http_types::Request request{};
  request.method = "POST";
  request.url = url;
  request.body = body;
  return actor::http_client::start(request, Delivery::kWhole,
                                   static_cast<std::uint32_t>(time.count()));
}

/// Sends now, and waits for the response; nothing takes it back. Is this invocation repeated after
/// a crash, then what it had sent is not sent again: it answers `interrupted`.
inline HttpResult get_now(std::string_view url, milliseconds time = milliseconds(0)) {
  actor::http_types::Request request{};
  request.method = "GET";
  request.url = url;
  return actor::http_client::send_wait(request, static_cast<std::uint32_t>(time.count()));
}
inline HttpResult post_now(std::string_view url, BytesView body,
                           milliseconds time = milliseconds(0)) {
  actor::http_types::Request request{};
  request.method = "POST";
  request.url = url;
  request.body = body;
  return actor::http_client::send_wait(request, static_cast<std::uint32_t>(time.count()));
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
