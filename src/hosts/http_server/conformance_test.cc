// The conformance set holds of HTTP servers, on memory streams: requests that are answered at once,
// later and as streams, clients that go, a network that fails.
#include "host/conformance/suite.h"
#include "hosts/http_server/server_fixture.h"

namespace theater::host::conformance {
namespace {

using hosts::http_server::Answer;
using hosts::http_server::Answers;
using hosts::http_server::DeskActor;
using hosts::http_server::get;
using hosts::http_server::Payload;
using hosts::http_server::ServerEvent;

/// The ends of clients; those of earlier lives are of no use any more.
struct Client {
  io::MemoryClient end;
  const FakeShard* shard;
};
std::vector<Client>& clients() {
  static std::vector<Client> all;
  return all;
}

Bytes answers_of(std::span<const Bytes> events) {
  Answers answers;
  for (const Bytes& bytes : events) {
    const auto event = *wasm::from_binary<Event<Payload>>(bytes);
    if (event.payload.value.index() != Payload::kRequest) continue;
    const auto& request = std::get<1>(std::get<Payload::kRequest>(event.payload.value));
    if (request.url == "/now") answers.emplace_back(event.id, Answer{DeskActor::response("now")});
    if (request.url == "/later") answers.emplace_back(event.id, Answer{std::uint32_t{60'000}});
    if (request.url == "/events") {
      answers.emplace_back(event.id, Answer{hosts::http_server::Streamed{{}, "news"}});
    }
  }
  return wasm::to_binary(answers);
}

struct HttpProvoker {
  static std::unique_ptr<Family> make() {
    static hosts::listener::AddressBook addresses;
    return hosts::http_server::make_family(addresses);
  }
  static constexpr std::string_view kGrant =
      "listen = \"127.0.0.1:80\"\nqueue_items = 16\nbody_max = 1024\n";
  static constexpr std::uint64_t kBytesMax = 1 << 20;
  static std::vector<std::string_view> wrong_grants() {
    return {"",
            "listen = 80",
            "listen = \"127.0.0.1:80\"\npath = \"api\"",
            "listen = \"127.0.0.1:80\"\nqueue_items = 0",
            "listen = \"127.0.0.1:80\"\nqueue_bytes = \"4MiB\"",
            "listen = \"127.0.0.1:80\"\nout_hard = \"512KiB\"",
            "listen = \"127.0.0.1:80\"\ntls_certificate = \"cert.pem\""};
  }
  /// The address is held, and time while anybody was there.
  static bool is_at_rest(const actor::Census& census) {
    return census.connections == 0 && census.bytes == 0 && census.descriptors <= 1;
  }
  static Bytes answers(std::span<const Bytes> events) { return answers_of(events); }

  static Step send(const std::string& name, const std::string& bytes) {
    return {name, [bytes](Rehearsal& rehearsal) {
              auto& network = rehearsal.shard().network;
              clients().push_back({network.connect("127.0.0.1:80"), &rehearsal.shard()});
              clients().back().end.send(bytes);
              rehearsal.pass(Nanoseconds(0));
            }};
  }
  static Step act(const std::string& function, const Bytes& arguments) {
    return {function, [function, arguments](Rehearsal& rehearsal) {
              rehearsal.act(function, arguments);
              rehearsal.pass(Nanoseconds(0));
            }};
  }
  static Step batch() {
    return {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }};
  }
  static std::uint64_t request(std::uint64_t number) { return kHostIdBit | number; }
  static std::vector<Call> calls() {
    const ServerEvent event{"1", "", "news"};
    return {{"respond", arguments_of(request(9), DeskActor::response("x"))},
            {"finish", arguments_of(request(9))},
            {"send-event", arguments_of(request(9), event)},
            {"publish", arguments_of(std::string("news"), event)},
            {"more", arguments_of(request(9), 1u)}};
  }
  static std::vector<Step> script() {
    const ServerEvent event{"1", "", "news"};
    return {
        {"nobody is there", &finish},
        send("a request", get("/now")),
        batch(),
        send("one for later", get("/later")),
        batch(),
        act("respond", arguments_of(request(2), DeskActor::response("late"))),
        send("another", get("/later")),
        send("one without an answer", get("/none")),
        batch(),
        send("a stream", get("/events")),
        batch(),
        act("publish", arguments_of(std::string("news"), event)),
        act("send-event", arguments_of(request(5), event)),
        act("finish", arguments_of(request(5))),
        send("half a request", "POST /now HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nhalf"),
        send("no request", "nonsense\r\n\r\n"),
        {"a client goes",
         [](Rehearsal& rehearsal) {
           for (Client& client : clients()) {
             if (client.shard == &rehearsal.shard()) client.end.end();
           }
           rehearsal.pass(Nanoseconds(0));
         }},
        send("two at once", get("/now") + get("/later"))};
  }
  static void flood(Rehearsal& rehearsal) {
    clients().clear();
    for (int i = 0; i < 100; ++i) send("a request", get("/now")).run(rehearsal);
    rehearsal.pass(std::chrono::seconds(2));
  }
  /// Everybody goes.
  static void finish(Rehearsal& rehearsal) {
    for (Client& client : clients()) {
      if (client.shard == &rehearsal.shard() && !client.end.is_gone()) client.end.reset();
    }
    clients().clear();
    rehearsal.pass(std::chrono::seconds(1));
  }
  static Step fault(std::uint64_t call) {
    return {fmt::format("call {} of the network fails", call),
            [call](Rehearsal& rehearsal) { rehearsal.shard().network.fail_nth(call); }};
  }
  static std::vector<Step> faults() { return {fault(1), fault(2), fault(3), fault(5), fault(8)}; }
  static std::vector<Step> denied() { return {}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(HttpServer, Conformance, HttpProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(HttpServer, Repeatable, HttpProvoker);

}  // namespace
}  // namespace theater::host::conformance
