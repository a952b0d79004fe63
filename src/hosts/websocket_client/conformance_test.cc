// The conformance set holds of connections that actors open.
#include "host/conformance/suite.h"
#include "hosts/websocket_client/client_fixture.h"

namespace theater::host::conformance {
namespace {

namespace client = hosts::websocket_client;

struct WebsocketClientProvoker {
  static std::unique_ptr<Family> make() { return client::make_family(); }
  static constexpr std::string_view kGrant =
      "allow = [\"ws://127.0.0.1:*\"]\nprivate_addresses = true\nreconnect = true\n"
      "connections_max = 4\nmessage_max = 1000\ncredit_messages = 2\nclose = \"1s\"\n";
  static constexpr std::uint64_t kBytesMax = 64 * 1024;
  static std::vector<std::string_view> wrong_grants() {
    return {"reconnect = true",
            "allow = [\"http://a.com\"]",
            "allow = \"ws://a.com\"",
            "allow = [\"ws://a.com\"]\nconnections_max = 0",
            "allow = [\"ws://a.com\"]\nping = \"200s\"",
            "allow = [\"ws://a.com\"]\ntls_verify = false",
            "allow = [\"ws://a.com\"]\nqueue_bytes = \"4MiB\"",
            "allow = [\"ws://a.com\"]\nout_high = \"2MiB\"\nout_hard = \"1MiB\""};
  }

  static Bytes url(const std::string& text) {
    return arguments_of(text, std::vector<std::string>{}, Headers{});
  }
  static Bytes text(std::uint64_t id, std::string_view words) {
    return arguments_of(id, client::Message{words});
  }
  static Bytes close(std::uint64_t id) {
    return arguments_of(id, std::uint16_t{1000}, std::string("bye"));
  }
  static Step act(const std::string& function, const Bytes& arguments) {
    return {function,
            [function, arguments](Rehearsal& rehearsal) { rehearsal.act(function, arguments); }};
  }
  static Step pass(Nanoseconds span) {
    return {"time", [span](Rehearsal& rehearsal) { rehearsal.pass(span); }};
  }
  /// Every server that is dialled agrees and says something.
  static void serve(Rehearsal& rehearsal) {
    rehearsal.pass({});
    while (auto end = rehearsal.shard().network.take_dialled()) {
      if (end->waiting() == 0) continue;  // gone before it had asked
      client::TestServer server(*end);
      server.accept();
      for (const char* word : {"one", "two", "three"}) {
        server.end().send(client::server_frame(client::Opcode::kText, word));
      }
      servers().push_back(*end);
    }
    rehearsal.pass({});
  }
  /// Of the rehearsal under way; old ones are of no effect.
  static std::vector<io::MemoryClient>& servers() {
    static std::vector<io::MemoryClient> all;
    return all;
  }
  static void reset_all(Rehearsal& rehearsal) {
    for (auto& server : servers()) server.reset();
    servers().clear();
    rehearsal.pass({});
  }

  static std::vector<Call> calls() {
    return {
        {"connect", url("ws://127.0.0.1:9/x")}, {"send", text(1, "hello")}, {"close", close(1)}};
  }
  static std::vector<Step> script() {
    servers().clear();
    return {act("connect", url("ws://127.0.0.1:9/a")),
            {"an answer", &serve},
            act("send", text(1, "hello")),
            {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }},
            act("connect", url("ws://127.0.0.1:9/b")),
            {"all break", &reset_all},
            pass(std::chrono::seconds(1)),
            {"another answer", &serve},
            act("close", close(1)),
            act("connect", url("ws://127.0.0.1:9/c"))};
  }
  static void flood(Rehearsal& rehearsal) {
    for (int i = 0; i < 20; ++i) rehearsal.act("connect", url("ws://127.0.0.1:9/flood"));
    serve(rehearsal);
  }
  static void finish(Rehearsal& rehearsal) {
    for (std::uint64_t id = 1; id <= 64; ++id) rehearsal.act("close", close(id));
    rehearsal.pass(std::chrono::seconds(10));
    reset_all(rehearsal);
    rehearsal.pass(std::chrono::seconds(10));
  }
  static std::vector<Step> faults() {
    std::vector<Step> all;
    for (std::uint64_t n = 1; n <= 4; ++n) {
      all.push_back({fmt::format("call {} of the network fails", n),
                     [n](Rehearsal& rehearsal) { rehearsal.shard().network.fail_nth(n); }});
    }
    all.push_back({"no descriptors", [](Rehearsal& rehearsal) {
                     rehearsal.shard().network.set_descriptors(
                         io::MemoryNetwork::Descriptors::kExhausted);
                   }});
    all.push_back({"nobody answers", [](Rehearsal& rehearsal) {
                     rehearsal.shard().network.set_dial(io::MemoryNetwork::Dial::kHang);
                   }});
    return all;
  }
  static std::vector<Step> denied() {
    return {act("connect", url("ws://127.0.0.2:9/")), act("connect", url("wss://127.0.0.1:9/"))};
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(WebsocketClient, Conformance, WebsocketClientProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(WebsocketClient, Repeatable, WebsocketClientProvoker);

}  // namespace
}  // namespace theater::host::conformance
