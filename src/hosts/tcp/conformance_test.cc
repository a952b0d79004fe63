// The conformance set holds of TCP connections, opened and accepted.
#include "host/conformance/suite.h"
#include "hosts/tcp/family.h"
#include "hosts/tcp/payload.h"

namespace theater::host::conformance {
namespace {

namespace tcp = hosts::tcp;

struct TcpProvoker {
  static constexpr std::string_view kListen = "127.0.0.1:7000";
  static constexpr std::uint64_t kVisitor = kHostIdBit | 1;
  static std::unique_ptr<Family> make() { return tcp::make_family(); }
  static constexpr std::string_view kGrant =
      "allow = [\"127.0.0.1:*\"]\nprivate_addresses = true\nlisten = \"127.0.0.1:7000\"\n"
      "connections_max = 4\ncredit_items = 2\nclose = \"1s\"\ntransfer_to = [\"other\"]\n";
  static constexpr std::uint64_t kBytesMax = 64 * 1024;
  static std::vector<std::string_view> wrong_grants() {
    return {"mode = \"passive\"",
            "allow = [\"a.com\"]",
            "allow = [\"a.com:1\"]\nconnections_max = 0",
            "listen = \"here\"",
            "allow = [\"a.com:1\"]\ntls_verify = false",
            "allow = [\"a.com:1\"]\nout_high = \"2MiB\"\nout_hard = \"1MiB\""};
  }

  static Bytes address(std::uint16_t port) { return arguments_of(std::string("127.0.0.1"), port); }
  static Bytes data(std::uint64_t id) { return arguments_of(id, to_bytes(as_bytes("hello"))); }
  static Bytes hand(std::uint64_t id, const std::string& to = "other") {
    return arguments_of(id, to, to_bytes(as_bytes("note")));
  }
  template <tcp::Order::Case kCase, typename... Args>
  static Bytes order(std::uint64_t id, Args... args) {
    return arguments_of(id, tcp::Order::make<kCase>(args...));
  }
  static Step act(const std::string& function, const Bytes& arguments) {
    return {function,
            [function, arguments](Rehearsal& rehearsal) { rehearsal.act(function, arguments); }};
  }
  static std::vector<io::MemoryClient>& peers() {
    static std::vector<io::MemoryClient> all;
    return all;
  }
  static void speak(Rehearsal& rehearsal) {
    rehearsal.pass({});
    while (auto end = rehearsal.shard().network.take_dialled()) peers().push_back(*end);
    for (auto& peer : peers()) {
      peer.take();
      for (int i = 0; i < 4; ++i) peer.send("words");
    }
    rehearsal.pass({});
  }
  static void visit(Rehearsal& rehearsal) {
    if (!rehearsal.shard().network.is_listening(std::string(kListen))) return;
    peers().push_back(rehearsal.shard().network.connect(std::string(kListen)));
    rehearsal.pass({});
  }
  static void end_all(Rehearsal& rehearsal) {
    for (auto& peer : peers()) peer.end();
    rehearsal.pass({});
  }
  static void reset_all(Rehearsal& rehearsal) {
    for (auto& peer : peers()) peer.reset();
    peers().clear();
    rehearsal.pass({});
  }

  static std::vector<Call> calls() {
    return {{"connect", address(9)},
            {"send", data(1)},
            {"control", order<tcp::Order::kOnce>(1)},
            {"transfer", hand(kVisitor)},
            {"control", order<tcp::Order::kShutWrite>(1)},
            {"control", order<tcp::Order::kClose>(kVisitor)}};
  }
  static std::vector<Step> script() {
    peers().clear();
    return {act("connect", address(9)),
            {"words", &speak},
            {"a visitor", &visit},
            {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }},
            act("send", data(kVisitor)),
            act("control", order<tcp::Order::kActive>(kVisitor, std::uint32_t{1})),
            {"words", &speak},
            act("transfer", hand(1)),  // data waits
            {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }},
            act("control", order<tcp::Order::kPassive>(kVisitor)),
            act("transfer", hand(kVisitor)),  // nobody is there
            {"time", [](Rehearsal& rehearsal) { rehearsal.pass({}); }},
            act("control", order<tcp::Order::kShutWrite>(1)),
            {"all end", &end_all},
            {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }},
            act("control", order<tcp::Order::kClose>(kVisitor)),
            act("connect", address(10)),
            {"all break", &reset_all}};
  }
  static void flood(Rehearsal& rehearsal) {
    for (int i = 0; i < 20; ++i) rehearsal.act("connect", address(9));
    speak(rehearsal);
  }
  static void finish(Rehearsal& rehearsal) {
    for (std::uint64_t id = 1; id <= 64; ++id) {
      rehearsal.act("control", order<tcp::Order::kClose>(id));
      rehearsal.act("control", order<tcp::Order::kClose>(kHostIdBit | id));
    }
    rehearsal.pass(std::chrono::seconds(10));
    reset_all(rehearsal);
    rehearsal.pass(std::chrono::seconds(10));
    rehearsal.instance().expect_stop(actor::EndReason::kStop);  // its listener is what it holds
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
    return {{"another host",
             [](Rehearsal& rehearsal) {
               rehearsal.act("connect", arguments_of(std::string("127.0.0.2"), std::uint16_t{9}));
             }},
            {"another actor", [](Rehearsal& rehearsal) {
               visit(rehearsal);
               rehearsal.take();
               rehearsal.act("transfer", hand(kVisitor, "somebody"));
             }}};
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Tcp, Conformance, TcpProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Tcp, Repeatable, TcpProvoker);

}  // namespace
}  // namespace theater::host::conformance
