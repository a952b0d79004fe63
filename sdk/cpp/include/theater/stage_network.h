// What the test plays to an actor from the network: clients that ask it, and servers that answer.
// A part of Stage; see testing.h.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "theater/fake_host.h"
#include "theater/headers.h"

namespace theater::testing {

/// The events of one family, with the memory they point into.
template <class Event>
struct Batch {
  std::vector<Event> events;
  std::deque<std::string> texts;

  std::string_view keep(std::string_view text) { return texts.emplace_back(text); }
};

inline actor::types::Error make_error(actor::types::Code code, std::string_view message = "") {
  actor::types::Error made{};
  made.code = code;
  made.message = message;
  return made;
}

/// Each function delivers one event, as a batch of its own; those without a name here go through
/// the family's own function, by their payload.
struct NetworkEvents {
  using Error = actor::types::Error;
  using WebSocketPayload = actor::websocket_types::Payload;
  using TcpPayload = actor::tcp_types::Payload;
  using ClientPayload = actor::http_client_types::Payload;
  using ServerPayload = actor::http_server_types::Payload;

  /// A client asks; what it is answered stands in the result when this returns.
  ServedRequest& request(this auto& self, std::string_view method, std::string_view url,
                         std::string_view body = "", const HeaderList& headers = {}) {
    ServedRequest& asked = self.host().served.emplace_back();
    asked.id = kHostIdBit + self.host().next_host_id++;
    const theater::detail::HeaderView fields(headers);
    self.http_server(asked.id,
                     ServerPayload::make_request(
                         {"127.0.0.1:40000", {method, url, fields.get(), as_bytes(body)}}));
    return asked;
  }
  /// The client goes away, or the hold ends: the last event of a request that is not over.
  void request_ended(this auto& self, ServedRequest& request,
                     const wit::Option<Error>& why = make_error(actor::types::Code::kClosed)) {
    request.stand = ServedRequest::Stand::kOver;
    self.http_server(request.id, ServerPayload::make_ended(why));
  }
  void http_server(this auto& self, std::uint64_t id, const ServerPayload& payload) {
    self.template deliver_one<actor::http_server_handler::Guest, actor::http_server_types::Event>(
        id, payload);
  }

  /// A server answers a request of the actor's; its last event.
  void responded(this auto& self, std::uint64_t operation, const Response& response) {
    const theater::detail::ResponseView view(response);
    self.http_client(operation, ClientPayload::make_ended(HttpResult(view.get())));
  }
  void response_failed(this auto& self, std::uint64_t operation, const Error& why) {
    self.http_client(operation, ClientPayload::make_ended(wit::Failure{why}));
  }
  void http_client(this auto& self, std::uint64_t operation, const ClientPayload& payload) {
    self.template deliver_one<actor::http_client_handler::Guest, actor::http_client_types::Event>(
        operation, payload);
    if (payload.is_ended()) self.ended(operation);
  }

  /// The server of a WebSocket that the actor opens accepts it, with these headers.
  void connected(this auto& self, OutgoingSocket& socket, const HeaderList& headers = {}) {
    socket.open = true;
    const theater::detail::HeaderView fields(headers);
    self.websocket_client(socket.id, WebSocketPayload::make_opened({"/", fields.get(), "peer"}));
  }
  void server_text(this auto& self, const OutgoingSocket& socket, std::string_view text) {
    self.websocket_client(socket.id, WebSocketPayload::make_message(Message::make_text(text)));
  }
  void server_binary(this auto& self, const OutgoingSocket& socket, std::string_view bytes) {
    self.websocket_client(socket.id,
                          WebSocketPayload::make_message(Message::make_binary(as_bytes(bytes))));
  }
  /// Its end; with an error if it broke or could not be opened.
  void server_closed(this auto& self, OutgoingSocket& socket, std::uint16_t code = 1000,
                     const wit::Option<Error>& why = {}) {
    socket.open = false;
    socket.ended = true;
    self.websocket_client(socket.id, WebSocketPayload::make_closed({code, "", why}));
  }
  void websocket_client(this auto& self, std::uint64_t id, const WebSocketPayload& payload) {
    self.template deliver_one<actor::websocket_client_handler::Guest,
                              actor::websocket_client_types::Event>(id, payload);
  }

  /// Somebody connects to the actor by TCP.
  TcpSocket& tcp_accepted(this auto& self, std::string_view peer = "127.0.0.1:40000") {
    TcpSocket& socket = self.host().connections.emplace_back();
    socket.id = kHostIdBit + self.host().next_host_id++;
    self.tcp_opened(socket, peer);
    return socket;
  }
  /// One that the actor opens comes to be.
  void tcp_opened(this auto& self, TcpSocket& socket, std::string_view peer = "127.0.0.1:80") {
    socket.open = true;
    self.tcp(socket.id, TcpPayload::make_opened(peer));
  }
  void tcp_data(this auto& self, const TcpSocket& socket, std::string_view data) {
    self.tcp(socket.id, TcpPayload::make_data(as_bytes(data)));
  }
  void tcp_closed(this auto& self, TcpSocket& socket, const wit::Option<Error>& why = {}) {
    socket.open = false;
    socket.ended = true;
    self.tcp(socket.id, TcpPayload::make_closed(why));
  }
  void tcp(this auto& self, std::uint64_t id, const TcpPayload& payload) {
    self.template deliver_one<actor::tcp_handler::Guest, actor::tcp_types::Event>(id, payload);
  }
};

}  // namespace theater::testing
