// What an actor asks of the network is recorded as it asked, once its invocation ended well; what
// the test plays back reaches its handlers.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "theater/http_client.h"
#include "theater/http_server.h"
#include "theater/operation.h"
#include "theater/runtime.h"
#include "theater/tcp.h"
#include "theater/testing.h"
#include "theater/websocket_client.h"

namespace theater {
namespace {

using namespace std::chrono_literals;
using actor::types::Code;
using testing::make_error;
using testing::ServedRequest;
using testing::Stage;

struct State {
  std::vector<std::string> seen;
  std::vector<std::uint64_t> parked;
};

/// Answers by path.
class Server : public Actor<State>, public HttpServerHandler {
  Reply on_request(const Request& request) override {
    if (request.path() == "/later") {
      state().parked.push_back(request.exchange.id());
      return Reply::later(5s);
    }
    if (request.path() == "/all") {
      respond_all(std::exchange(state().parked, {}), text_response(request.text()));
    }
    if (request.path() == "/stream") return Reply::stream({200, {{"x-kind", "long"}}, "a"});
    if (request.path() == "/events") return Reply::events("news");
    if (request.path() == "/tell") publish("news", {"7", "", request.text()});
    if (request.path() == "/write") {
      const Exchange stream(kHostIdBit + 1);
      const Outcome written = stream.write(request.text());
      if (!written) return text_response(name_of(written.error().code), 409);
      stream.finish();
    }
    if (request.path() == "/fail") fail("no");
    return text_response(concat(request.method, " ", request.header("x-who").value_or("?")));
  }
  void on_ended(Exchange exchange, const wit::Option<Error>& why) override {
    std::erase(state().parked, exchange.id());
    state().seen.emplace_back(why ? name_of(why->code) : "written");
  }
};

TEST(StageHttpServer, ShowsWhatARequestIsAnswered) {
  Stage<Server> stage;
  const ServedRequest& asked = stage.request("GET", "/", "", {{"x-who", "me"}});
  ASSERT_TRUE(asked.is_over());
  EXPECT_EQ(asked.response->body, "GET me");
  EXPECT_EQ(stage.request("GET", "/fail").response->status, 500);
  EXPECT_EQ(stage.error(), "no");
}

TEST(StageHttpServer, ParksRequestsAndAnswersThemAlike) {
  Stage<Server> stage;
  ServedRequest& first = stage.request("GET", "/later");
  ServedRequest& second = stage.request("GET", "/later");
  EXPECT_EQ(first.stand, ServedRequest::Stand::kParked);
  EXPECT_EQ(first.hold, 5s);
  stage.request_ended(second);
  stage.request("POST", "/all", "hello");
  EXPECT_EQ(first.response->body, "hello");
  EXPECT_FALSE(second.response.has_value());
}

TEST(StageHttpServer, KeepsStreamsOpen) {
  Stage<Server> stage;
  const ServedRequest& stream = stage.request("GET", "/stream");
  EXPECT_EQ(stream.stand, ServedRequest::Stand::kStreaming);
  EXPECT_EQ(stream.response->headers[0].second, "long");
  stage.request("POST", "/write", "b");
  EXPECT_EQ(stream.response->body + stream.written, "ab");
  EXPECT_TRUE(stream.is_over());
  EXPECT_EQ(stage.request("POST", "/write", "c").response->body, "closed");
  const ServedRequest& listener = stage.request("GET", "/events");
  stage.request("POST", "/tell", "news!");
  ASSERT_EQ(listener.events.size(), 1u);
  EXPECT_EQ(listener.events[0].data, "news!");
  EXPECT_EQ(listener.events[0].id, "7");
}

/// Sends what it is told to by its parameters, and writes down what comes.
class Client : public Actor<State>, public HttpClientHandler {
  void on_init(BytesView params) override {
    if (as_text(params) == "now") {
      const HttpResult got = http::send_now({.method = "PATCH", .url = "http://a/"}, 3s);
      return note(got ? concat(got->status, " ", as_text(got->body)) : name_of(got.error().code));
    }
    const std::string body = "{}";
    http::start({.method = "PUT",
                 .url = "https://a/b",
                 .headers = {{"if-match", "\"1\""}, {"accept", "*/*"}},
                 .body = as_bytes(body)},
                {.delivery = Delivery::kParts, .deadline = 5s});
    http::get("http://a/", Delivery::kKept);
    http::post("http://a/", as_bytes("x"));
    if (as_text(params) == "fail") fail("changed my mind");
  }
  void on_head(std::uint64_t operation, const HttpResponse& head) override {
    note(find_header(head.headers, "etag").value_or("none"));
    Operation(operation).more(1000);
  }
  void on_part(std::uint64_t, BytesView part) override { note(as_text(part)); }
  void on_result(std::uint64_t operation, const HttpResult& result) override {
    note(result ? concat(result->status) : name_of(result.error().code));
    note(concat(pending_operations().size()));
    if (!result) Operation(pending_operations()[2]).cancel();
    if (result) note(as_text(Operation(operation).collect(0, 10).value()));
  }
  void note(std::string_view what) { log::info(what); }
};

std::vector<std::string> lines(Stage<Client>& stage) {
  std::vector<std::string> all;
  for (const auto& line : stage.host().log) all.push_back(line.text);
  return all;
}

TEST(StageHttpClient, RecordsTheWholeRequest) {
  Stage<Client> stage;
  const auto& requests = stage.host().requests;
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].method, "PUT");
  EXPECT_EQ(requests[0].url, "https://a/b");
  EXPECT_EQ(requests[0].headers, (HeaderList{{"if-match", "\"1\""}, {"accept", "*/*"}}));
  EXPECT_EQ(requests[0].body, "{}");
  EXPECT_EQ(requests[0].delivery, Delivery::kParts);
  EXPECT_EQ(requests[0].deadline, 5s);
  EXPECT_EQ(requests[1].method, "GET");
  EXPECT_EQ(requests[1].delivery, Delivery::kKept);
  EXPECT_EQ(requests[1].deadline, 0s);
  EXPECT_EQ(requests[2].method, "POST");
  EXPECT_EQ(requests[2].body, "x");
}

TEST(StageHttpClient, DeliversHeadPartsAndEnd) {
  Stage<Client> stage;
  const std::uint64_t first = stage.host().requests[0].id, kept = stage.host().requests[1].id;
  const HeaderList etag{{"etag", "\"2\""}};
  const detail::HeaderView headers(etag);
  stage.http_client(first, actor::http_client_types::Payload::make_head({200, headers.get(), {}}));
  EXPECT_EQ(stage.host().credits[first], 1000u);
  stage.http_client(first, actor::http_client_types::Payload::make_part(as_bytes("part")));
  stage.response_failed(first, make_error(Code::kClosed));
  EXPECT_TRUE(stage.host().cancelled.contains(stage.host().requests[2].id));
  stage.host().kept[kept] = {'k'};
  stage.responded(kept, {204, {}, ""});
  EXPECT_EQ(lines(stage),
            (std::vector<std::string>{"\"2\"", "part", "closed", "3", "204", "2", "k"}));
  EXPECT_EQ(stage.host().pending.size(), 1u);
}

TEST(StageHttpClient, AFailedInvocationHasAskedNothing) {
  Stage<Client> stage("fail");
  EXPECT_TRUE(stage.host().requests.empty());
  EXPECT_TRUE(stage.host().pending.empty());
}

/// Opens a connection with all that an opening may say.
class Caller : public Actor<State>, public WebSocketClientHandler {
  void on_init(BytesView) override {
    const Opened opened = connect(
        "wss://a/ws", {.subprotocols = {"v2", "v1"}, .headers = {{"authorization", "Bearer t"}}});
    log::info(name_of(OutgoingConnection(*opened).send_text("early").error().code));
    connect("ws://b/");
  }
  void on_connected(OutgoingConnection to, const Opening& opening) override {
    to.send_text(find_header(opening.headers, "sec-websocket-protocol").value_or("none"));
    to.send(Message::make_binary(as_bytes("\x01")));
  }
  void on_server_text(OutgoingConnection from, std::string_view text) override {
    from.close(4000, text);
  }
  void on_server_binary(OutgoingConnection, BytesView) override {}
  void on_disconnected(OutgoingConnection, const Closing& closing) override {
    log::info(closing.code, " ", closing.error ? closing.error->message : "");
  }
};

TEST(StageWebSocketClient, RecordsTheOpeningAndWhatIsSent) {
  Stage<Caller> stage;
  testing::OutgoingSocket& first = stage.host().sockets[0];
  testing::OutgoingSocket& second = stage.host().sockets[1];
  EXPECT_EQ(first.url, "wss://a/ws");
  EXPECT_EQ(first.subprotocols, (std::vector<std::string>{"v2", "v1"}));
  EXPECT_EQ(first.headers, (HeaderList{{"authorization", "Bearer t"}}));
  EXPECT_TRUE(second.headers.empty());
  stage.connected(first, {{"sec-websocket-protocol", "v2"}});
  EXPECT_EQ(first.texts, std::vector<std::string>{"v2"});
  EXPECT_EQ(first.binaries.size(), 1u);
  stage.server_text(first, "bye");
  EXPECT_EQ(first.close_code, 4000);
  EXPECT_EQ(first.close_reason, "bye");
  stage.server_closed(first, 4000);
  stage.server_closed(second, 1006, make_error(Code::kUnreachable, "nobody there"));
  ASSERT_EQ(stage.host().log.size(), 3u);
  EXPECT_EQ(stage.host().log[0].text, "not-found");
  EXPECT_EQ(stage.host().log[2].text, "1006 nobody there");
}

/// Passes on what a client says, over TLS.
class Plug : public Actor<State>, public TcpHandler {
  void on_tcp_opened(TcpConnection connection, std::string_view) override {
    if ((connection.id() & kHostIdBit) == 0) {
      connection.start_tls(wit::Option<wit::String>(wit::String("name")));
      return;
    }
    state().parked = {connection.id(), *tcp_connect("a", 443)};
    connection.active(8);
  }
  void on_tcp_data(TcpConnection, BytesView data) override {
    if (as_text(data) == "go") {
      TcpConnection(state().parked[0]).transfer("other", "note");
      return;
    }
    const Outcome sent = TcpConnection(state().parked[1]).send(data);
    if (!sent) log::info(name_of(sent.error().code));
  }
  void on_tcp_closed(TcpConnection, const wit::Option<Error>& why) override {
    log::info(why ? why->message : "closed");
  }
};

TEST(StageTcp, RecordsConnectionsOrdersAndData) {
  Stage<Plug> stage;
  testing::TcpSocket& client = stage.tcp_accepted();
  ASSERT_EQ(stage.host().connections.size(), 2u);
  testing::TcpSocket& server = stage.host().connections[1];
  EXPECT_EQ(server.host, "a");
  EXPECT_EQ(server.port, 443);
  EXPECT_EQ(client.pieces, 8u);
  stage.tcp_data(client, "early");
  stage.tcp_opened(server);
  EXPECT_EQ(server.orders, std::vector<TcpOrder::Tag>{TcpOrder::Tag::kStartTls});
  EXPECT_EQ(server.tls_host, "name");
  stage.tcp_data(client, "a");
  stage.tcp_data(client, "b");
  EXPECT_EQ(server.sent, "ab");
  stage.tcp_data(client, "go");
  EXPECT_EQ(client.transfer, std::pair(std::string("other"), std::string("note")));
  stage.tcp_closed(server, make_error(Code::kIo, "reset"));
  stage.tcp_data(client, "c");
  ASSERT_EQ(stage.host().log.size(), 3u);
  EXPECT_EQ(stage.host().log[0].text, "conflict");
  EXPECT_EQ(stage.host().log[1].text, "reset");
  EXPECT_EQ(stage.host().log[2].text, "closed");
}

TEST(StageHttpClient, AnswersWhatTheActorWaitsFor) {
  {
    Stage<Client> alone("now");
    EXPECT_EQ(lines(alone), std::vector<std::string>{"unreachable"});
  }
  Stage<Client> answered("now", [](testing::FakeHost& host) {
    host.on_send_now = [](const testing::ClientRequest& request) {
      return Response{418, {}, request.method};
    };
  });
  EXPECT_EQ(lines(answered), std::vector<std::string>{"418 PATCH"});
  EXPECT_EQ(answered.host().requests[0].deadline, 3s);
}

}  // namespace
}  // namespace theater
