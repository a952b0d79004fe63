// The conformance set holds of Redis servers.
#include "host/conformance/suite.h"
#include "hosts/redis/family.h"
#include "hosts/redis/test_server.h"

namespace theater::host::conformance {
namespace {

namespace redis = hosts::redis;

struct RedisProvoker {
  static std::unique_ptr<Family> make() { return redis::make_family(); }
  static constexpr std::string_view kGrant =
      "inflight_max = 4\nwaiting_max = 4\nsubscriptions_max = 2\npublished_max = 8\n"
      "[servers.main]\naddress = \"127.0.0.1:6379\"\ncommands = [\"GET\"]\nchannels = [\"news\"]\n";
  static constexpr std::uint64_t kBytesMax = 256 * 1024;
  static std::vector<std::string_view> wrong_grants() {
    return {"", "[servers.a]\naddress = \"x\"",
            "[servers.a]\naddress = \"x:1\"\ncommands = [\"WAIT\"]",
            "inflight_max = 0\n[servers.a]\naddress = \"x:1\""};
  }

  static Bytes get(const std::string& server = "main", const std::string& command = "GET") {
    const redis::Command words{to_bytes(as_bytes(command)), to_bytes(as_bytes("key"))};
    return arguments_of(server, redis::Commands{words});
  }
  static Bytes listen(const std::string& channel) {
    return arguments_of(std::string("main"), std::vector<std::string>{channel},
                        std::vector<std::string>{});
  }
  static Step act(const std::string& function, const Bytes& arguments) {
    return {function,
            [function, arguments](Rehearsal& rehearsal) { rehearsal.act(function, arguments); }};
  }
  static std::vector<redis::TestServer>& servers() {
    static std::vector<redis::TestServer> all;
    return all;
  }
  /// Servers answer what has arrived.
  static void serve(Rehearsal& rehearsal) {
    rehearsal.pass({});
    while (auto end = rehearsal.shard().network.take_dialled()) servers().emplace_back(*end);
    for (auto& server : servers()) server.answer();
    rehearsal.pass({});
  }
  static void publish(Rehearsal& rehearsal, int count) {
    for (auto& server : servers()) {
      for (int i = 0; i < count; ++i) server.publish("news", "words");
    }
    rehearsal.pass({});
  }
  static void reset_all(Rehearsal& rehearsal) {
    for (auto& server : servers()) server.end().reset();
    servers().clear();
    rehearsal.pass({});
  }

  static std::vector<Call> calls() { return {{"commands", get()}, {"subscribe", listen("news")}}; }
  static std::vector<Step> script() {
    servers().clear();
    return {act("commands", get()),
            {"answers", &serve},
            act("subscribe", listen("news")),
            {"a confirmation", &serve},
            {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }},
            act("commands", get()),
            {"all break", &reset_all},
            {"time", [](Rehearsal& rehearsal) { rehearsal.pass(std::chrono::seconds(1)); }},
            {"answers", &serve},
            act("commands", get())};
  }
  static void flood(Rehearsal& rehearsal) {
    rehearsal.act("subscribe", listen("news"));
    serve(rehearsal);
    for (auto& server : servers()) {
      for (int i = 0; i < 5000; ++i) server.publish("news", "flood");
    }
    rehearsal.pass({});
    for (int i = 0; i < 20; ++i) rehearsal.act("commands", get());
  }
  static void finish(Rehearsal& rehearsal) {
    serve(rehearsal);
    for (const std::uint64_t id : rehearsal.started()) {
      rehearsal.instance().operations()->cancel({id});
    }
    rehearsal.pass(std::chrono::seconds(1));
    serve(rehearsal);
    rehearsal.pass(std::chrono::seconds(61));
    reset_all(rehearsal);
    rehearsal.pass(std::chrono::seconds(61));
  }
  static std::vector<Step> faults() {
    std::vector<Step> all;
    for (std::uint64_t n = 1; n <= 4; ++n) {
      all.push_back({fmt::format("call {} of the network fails", n),
                     [n](Rehearsal& rehearsal) { rehearsal.shard().network.fail_nth(n); }});
    }
    all.push_back({"nobody answers", [](Rehearsal& rehearsal) {
                     rehearsal.shard().network.set_dial(io::MemoryNetwork::Dial::kHang);
                   }});
    all.push_back({"noise", [](Rehearsal& rehearsal) {
                     for (auto& server : servers()) server.say("noise\r\n");
                     rehearsal.pass({});
                   }});
    return all;
  }
  static std::vector<Step> denied() {
    return {act("commands", get("other")), act("commands", get("main", "SET")),
            act("subscribe", listen("secret"))};
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, Conformance, RedisProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Redis, Repeatable, RedisProvoker);

}  // namespace
}  // namespace theater::host::conformance
