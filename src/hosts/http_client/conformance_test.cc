// The conformance set holds of requests, to a real server on the loopback.
#include "host/conformance/suite.h"
#include "hosts/http_client/family.h"
#include "hosts/http_client/payload.h"
#include "hosts/http_client/test_server.h"

namespace theater::host::conformance {
namespace {

namespace client = hosts::http_client;

/// The server, with a loop of its own: it acts only while the test waits for it.
struct World {
  io::AsioExecutor executor;
  io::AsioNetwork network{executor};
  client::TestServer server{network};
};

struct HttpClientProvoker {
  static World& world() {
    static World one;
    return one;
  }
  static std::unique_ptr<Family> make() { return client::make_family(); }
  static constexpr std::string_view kGrant =
      "allow = [\"GET,POST http://127.0.0.1:*\"]\nprivate_addresses = true\n"
      "inflight_max = 2\nwaiting_max = 4\nresponse_max = 100000\n";
  static constexpr std::uint64_t kBytesMax = 256 * 1024;
  static std::vector<std::string_view> wrong_grants() {
    return {"allow = [\"ws://a.com\"]", "inflight_max = 0",   "response_max = \"1GiB\"",
            "redirects = 21",           "tls_verify = false", "allow = []"};
  }

  static Bytes request(std::string_view method, std::string_view path, client::Deliver delivery) {
    const std::string url = fmt::format("http://127.0.0.1:{}{}", world().server.port(), path);
    return arguments_of(client::Request{method, url, {}, {}}, delivery, std::uint32_t{0});
  }
  static Step start(std::string_view method, std::string_view path, client::Deliver delivery) {
    const Bytes arguments = request(method, path, delivery);
    return {fmt::format("{} {}", method, path),
            [arguments](Rehearsal& rehearsal) { rehearsal.act("start", arguments); }};
  }
  /// Until nothing has come for a while.
  static void settle(Rehearsal& rehearsal) {
    constexpr int kQuiet = 6, kTurnsMax = 2000;
    for (int quiet = 0, turns = 0; quiet < kQuiet && turns < kTurnsMax; ++quiet, ++turns) {
      rehearsal.pass(Milliseconds(1));
      if (world().executor.run_one_for(Milliseconds(1)) > 0) quiet = 0;
      world().executor.poll();
      if (rehearsal.shard().descriptors.poll_now() > 0) quiet = 0;
    }
    rehearsal.pass({});
  }
  static Step moment() { return {"a moment", &settle}; }
  static std::vector<Call> calls() {
    return {{"start", request("GET", "/c", client::Deliver::kWhole)},
            {"start", request("POST", "/c", client::Deliver::kParts)}};
  }
  static std::vector<Step> script() {
    using enum client::Deliver;
    return {start("GET", "/whole", kWhole),
            moment(),
            start("POST", "/parts", kParts),
            moment(),
            start("GET", "/kept", kKept),
            moment(),
            {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }},
            start("GET", "/more", kWhole),
            start("POST", "/waits", kWhole),
            start("GET", "/waits", kParts)};
  }
  static void flood(Rehearsal& rehearsal) {
    for (int i = 0; i < 20; ++i) {
      rehearsal.act("start", request("GET", "/flood", client::Deliver::kWhole));
    }
    settle(rehearsal);
  }
  static void finish(Rehearsal& rehearsal) {
    settle(rehearsal);
    for (const std::uint64_t id : rehearsal.started()) {
      rehearsal.instance().operations()->cancel({id});
    }
    settle(rehearsal);
    rehearsal.pass(std::chrono::seconds(61));  // kept results and connections
  }
  static std::vector<Step> faults() {
    return {{"a socket cannot be watched",
             [](Rehearsal& rehearsal) {
               rehearsal.shard().descriptors.fail_next({Code::kFull, "no descriptors left"});
             }},
            {"the server hangs up", [](Rehearsal&) { world().server.leave(); }}};
  }
  static std::vector<Step> denied() {
    using enum client::Deliver;
    return {start("DELETE", "/", kWhole),
            {"another host", [](Rehearsal& rehearsal) {
               const client::Request other{"GET", "http://127.0.0.2/", {}, {}};
               rehearsal.act("start", arguments_of(other, kWhole, std::uint32_t{0}));
             }}};
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(HttpClient, Conformance, HttpClientProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(HttpClient, Repeatable, HttpClientProvoker);

}  // namespace
}  // namespace theater::host::conformance
