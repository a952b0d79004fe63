// FakeHost: http-server, http-client, websocket-client and tcp answered in memory.
#include <algorithm>

#include "fake_support.h"
#include "theater/fake_host.h"

namespace theater::testing {
namespace {

HeaderList list_of(actor::types::Headers headers) {
  HeaderList list;
  for (const auto& [name, value] : headers) list.emplace_back(name, text_of(value));
  return list;
}

Response own(const actor::http_types::Response& response) {
  return {response.status, list_of(response.headers), text_of(response.body)};
}

ClientRequest own(const actor::http_types::Request& request, Delivery delivery,
                  std::uint32_t timeout_ms) {
  return {0,
          std::string(request.method),
          std::string(request.url),
          list_of(request.headers),
          text_of(request.body),
          delivery,
          std::chrono::milliseconds(timeout_ms)};
}

void answer(ServedRequest& request, Response response) {
  request.response = std::move(response);
  request.stand = ServedRequest::Stand::kOver;
}

template <class Things>
auto* find_in(Things& things, std::uint64_t id) {
  const auto found = std::ranges::find_if(things, [id](const auto& it) { return it.id == id; });
  return found == things.end() ? nullptr : &*found;
}

}  // namespace

/// Of a request that stands so; asked and parked ones count alike.
Outcome FakeHost::with_request(std::uint64_t id, ServedRequest::Stand stand,
                               std::function<void(ServedRequest&)> effect) {
  ServedRequest* request = find_in(served, id);
  if (request == nullptr) return failed(Code::kNotFound, "no such request");
  if (request->is_over()) return failed(Code::kClosed, "the request is over");
  const bool is_stream = request->stand == ServedRequest::Stand::kStreaming;
  if (is_stream != (stand == ServedRequest::Stand::kStreaming)) {
    return failed(Code::kConflict, is_stream ? "it is answered by a stream" : "it is no stream");
  }
  effects_.push_back([request, effect = std::move(effect)] {
    if (!request->is_over()) effect(*request);
  });
  return {};
}

void FakeHost::answer_http_server() {
  auto& hooks = actor::http_server::hooks();
  using Stand = ServedRequest::Stand;
  hooks.respond = [this](std::uint64_t id, const actor::http_types::Response& response) {
    return with_request(id, Stand::kAsked,
                        [mine = own(response)](ServedRequest& it) { answer(it, mine); });
  };
  hooks.respond_all = [this](wit::List<std::uint64_t> ids,
                             const actor::http_types::Response& response) -> Outcome {
    for (const std::uint64_t id : ids) {
      (void)with_request(id, Stand::kAsked,
                         [mine = own(response)](ServedRequest& it) { answer(it, mine); });
    }
    return {};
  };
  hooks.more = [this](std::uint64_t id, std::uint32_t credit) {
    return with_request(id, Stand::kAsked, [credit](ServedRequest& it) { it.credit += credit; });
  };
  answer_http_streams();
}

void FakeHost::answer_http_streams() {
  auto& hooks = actor::http_server::hooks();
  using Stand = ServedRequest::Stand;
  const auto own_event = [](const actor::http_server_types::ServerEvent& event) {
    return SentEvent{std::string(event.id), std::string(event.name), std::string(event.data)};
  };
  hooks.finish = [this](std::uint64_t id) {
    return with_request(id, Stand::kStreaming, [](ServedRequest& it) { it.stand = Stand::kOver; });
  };
  hooks.write = [this](std::uint64_t id, wit::Bytes chunk) {
    return with_request(id, Stand::kStreaming,
                        [text = text_of(chunk)](ServedRequest& it) { it.written += text; });
  };
  hooks.send_event = [this, own_event](std::uint64_t id, const auto& event) {
    return with_request(id, Stand::kStreaming, [mine = own_event(event)](ServedRequest& it) {
      it.events.push_back(mine);
    });
  };
  hooks.publish = [this, own_event](std::string_view topic, const auto& event) -> Outcome {
    effects_.push_back([this, topic = std::string(topic), mine = own_event(event)] {
      for (ServedRequest& it : served) {
        if (it.stand == Stand::kStreaming && it.topic == topic) it.events.push_back(mine);
      }
    });
    return {};
  };
}

void FakeHost::take_answers(Answers answers) {
  using Stand = ServedRequest::Stand;
  for (const auto& [id, given] : answers) {
    ServedRequest* request = find_in(served, id);
    if (request == nullptr || request->stand != Stand::kAsked) continue;
    if (given.is_now()) {
      answer(*request, own(given.now));
    } else if (given.is_later()) {
      request->stand = Stand::kParked;
      request->hold = std::chrono::milliseconds(given.later);
    } else {
      const auto& [begin, topic] = given.streamed;
      request->stand = Stand::kStreaming;
      request->response = own(begin);
      if (topic) request->topic = std::string(*topic);
    }
  }
  for (ServedRequest& request : served) {
    if (request.stand == Stand::kAsked) answer(request, {500, {}, ""});
  }
}

void FakeHost::answer_http_client() {
  auto& hooks = actor::http_client::hooks();
  hooks.start = [this](const actor::http_types::Request& request, Delivery delivery,
                       std::uint32_t timeout_ms) -> actor::types::Started {
    ClientRequest mine = own(request, delivery, timeout_ms);
    mine.id = begin_operation();
    effects_.push_back([this, mine] { requests.push_back(mine); });
    return mine.id;
  };
  // What waits is sent at once, and stays sent if the invocation fails.
  hooks.send_wait = [this](const actor::http_types::Request& request,
                           std::uint32_t timeout_ms) -> HttpResult {
    const ClientRequest& mine = requests.emplace_back(own(request, Delivery::kWhole, timeout_ms));
    if (!on_send_now) return failed(Code::kUnreachable, "no on_send_now");
    responses_.push_back(on_send_now(mine));
    return response_views_.emplace_back(responses_.back()).get();
  };
}

Outcome FakeHost::with_socket(std::uint64_t id, std::function<void(OutgoingSocket&)> effect) {
  const OutgoingSocket* socket = find_in(sockets, id);
  if (socket == nullptr) return failed(Code::kNotFound, "no such connection");
  if (socket->ended) return failed(Code::kClosed, "the connection is closed");
  effects_.push_back([this, id, effect = std::move(effect)] {
    OutgoingSocket* it = find_in(sockets, id);
    if (!it->ended && !it->close_code) effect(*it);
  });
  return {};
}

void FakeHost::answer_websocket_client() {
  auto& hooks = actor::websocket_client::hooks();
  hooks.connect = [this](std::string_view url, wit::List<wit::String> subprotocols,
                         actor::types::Headers headers) -> actor::types::Opened {
    OutgoingSocket socket{};
    socket.id = next_id++;
    socket.url = url;
    socket.subprotocols.assign(subprotocols.begin(), subprotocols.end());
    socket.headers = list_of(headers);
    effects_.push_back([this, socket] { sockets.push_back(socket); });
    return socket.id;
  };
  hooks.send = [this](std::uint64_t id, const actor::websocket_types::Message& message) -> Outcome {
    const OutgoingSocket* socket = find_in(sockets, id);
    if (socket != nullptr && !socket->ended && !socket->open) {
      return failed(Code::kConflict, "the connection is not open");
    }
    return with_socket(id, [data = data_of(message), tag = message.tag](OutgoingSocket& it) {
      receive(it, data, tag);
    });
  };
  hooks.close = [this](std::uint64_t id, std::uint16_t code, std::string_view reason) {
    return with_socket(id, [code, reason = std::string(reason)](OutgoingSocket& it) {
      it.close_code = code;
      it.close_reason = reason;
    });
  };
}

Outcome FakeHost::with_tcp(std::uint64_t id, std::function<void(TcpSocket&)> effect) {
  const TcpSocket* socket = find_in(connections, id);
  if (socket == nullptr) return failed(Code::kNotFound, "no such connection");
  if (socket->ended) return failed(Code::kClosed, "the connection is closed");
  if (!socket->open) return failed(Code::kConflict, "the connection is not open");
  effects_.push_back([this, id, effect = std::move(effect)] {
    TcpSocket* it = find_in(connections, id);
    if (!it->ended) effect(*it);
  });
  return {};
}

void FakeHost::answer_tcp() {
  auto& hooks = actor::tcp::hooks();
  hooks.connect = [this](std::string_view host, std::uint16_t port) -> actor::types::Opened {
    TcpSocket socket{};
    socket.id = next_id++;
    socket.host = host;
    socket.port = port;
    effects_.push_back([this, socket] { connections.push_back(socket); });
    return socket.id;
  };
  hooks.send = [this](std::uint64_t id, wit::Bytes data) {
    return with_tcp(id, [text = text_of(data)](TcpSocket& it) { it.sent += text; });
  };
  hooks.control = [this](std::uint64_t id, const TcpOrder& order) -> Outcome {
    std::optional<std::string> host;
    if (order.is_start_tls() && order.start_tls) host = std::string(*order.start_tls);
    const std::uint32_t pieces = order.is_active() ? order.active : order.is_once() ? 1 : 0;
    const auto give = [tag = order.tag, pieces, host](TcpSocket& it) {
      it.orders.push_back(tag);
      if (tag <= TcpOrder::Tag::kPassive) it.pieces = pieces;
      if (host) it.tls_host = host;
    };
    return with_tcp(id, give);
  };
  hooks.transfer = [this](std::uint64_t id, std::string_view to, wit::Bytes note) {
    return with_tcp(id, [to = std::string(to), text = text_of(note)](TcpSocket& it) {
      it.transfer = {to, text};
    });
  };
}

}  // namespace theater::testing
