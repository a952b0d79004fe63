// The conformance set holds of connections that clients open, on memory streams: asked for,
// accepted and rejected, talking, slow, gone; a network that fails.
#include "host/conformance/suite.h"
#include "hosts/websocket_server/server_fixture.h"

namespace theater::host::conformance {
namespace {

namespace server = hosts::websocket_server;
using hosts::websocket::client_frame;
using hosts::websocket::Opcode;

/// The ends of clients; those of earlier lives are of no use any more.
struct Client {
  io::MemoryClient end;
  const FakeShard* shard;
};
std::vector<Client>& clients() {
  static std::vector<Client> all;
  return all;
}

struct WebsocketServerProvoker {
  static std::unique_ptr<Family> make() {
    static hosts::listener::AddressBook addresses;
    return server::make_family(addresses);
  }
  static constexpr std::string_view kGrant =
      "listen = \"127.0.0.1:80\"\naccept = \"ask\"\nsubprotocols = [\"talk\"]\n"
      "connections_max = 8\nmessage_max = 1024\nqueue_items = 16\ncredit_messages = 4\n"
      "out_high = 2048\nout_low = 1024\nout_hard = 4096\ntopics_max = 2\nclose = \"1s\"\n";
  static constexpr std::uint64_t kBytesMax = 256 * 1024;
  static std::vector<std::string_view> wrong_grants() {
    return {"",
            "listen = 80",
            "listen = \"127.0.0.1:80\"\npath = \"ws\"",
            "listen = \"127.0.0.1:80\"\naccept = \"perhaps\"",
            "listen = \"127.0.0.1:80\"\nout_low = 2048\nout_high = 1024",
            "listen = \"127.0.0.1:80\"\nqueue_bytes = \"4MiB\"",
            "listen = \"127.0.0.1:80\"\nmessage_max = \"8MiB\"\nunfinished_max = \"8MiB\"",
            "listen = \"127.0.0.1:80\"\nmessage_max = \"8MiB\"\nout_hard = \"8MiB\""};
  }
  /// The address is held, and the tick while anybody was there.
  static bool is_at_rest(const actor::Census& census) {
    return census.connections == 0 && census.bytes == 0 && census.descriptors <= 1;
  }

  static Bytes text(std::uint64_t id, const std::string& words) {
    return arguments_of(id, server::Message{std::string_view(words)});
  }
  static Bytes publication(const std::string& topic, const std::string& words) {
    return arguments_of(topic, server::Message{std::string_view(words)});
  }
  static Bytes close(std::uint64_t id, std::uint16_t code) {
    return arguments_of(id, code, std::string("bye"));
  }
  static Bytes acceptance(std::uint64_t id) {
    return arguments_of(id, std::optional<std::string>("talk"));
  }
  static std::uint64_t connection(std::uint64_t number) { return kHostIdBit | number; }

  static Step act(const std::string& function, const Bytes& arguments) {
    return {function, [function, arguments](Rehearsal& rehearsal) {
              rehearsal.act(function, arguments);
              rehearsal.pass(Nanoseconds(0));
            }};
  }
  static Step batch() {
    return {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }};
  }
  static Step pass(Nanoseconds span) {
    return {"time", [span](Rehearsal& rehearsal) { rehearsal.pass(span); }};
  }
  /// A client comes and asks.
  static void come(Rehearsal& rehearsal) {
    clients().push_back(
        {rehearsal.shard().network.connect(std::string(server::kListen)), &rehearsal.shard()});
    clients().back().end.send(
        server::upgrade_request("/", "Sec-WebSocket-Protocol: talk, sing\r\n"));
    rehearsal.pass(Nanoseconds(0));
  }
  /// What each client of this life does.
  template <typename Deed>
  static Step all(const std::string& name, Deed deed) {
    return {name, [deed](Rehearsal& rehearsal) {
              for (Client& client : clients()) {
                if (client.shard == &rehearsal.shard() && !client.end.is_gone()) deed(client.end);
              }
              rehearsal.pass(Nanoseconds(0));
            }};
  }
  static Step all_say(Opcode opcode, const std::string& words) {
    const std::string frame = client_frame(opcode, words);
    return all("a frame from each", [frame](io::MemoryClient& client) { client.send(frame); });
  }

  static std::vector<Call> calls() {
    return {{"accept", acceptance(connection(1))},
            {"send", text(connection(1), "hello")},
            {"subscribe", arguments_of(connection(1), std::string("other"))},
            {"unsubscribe", arguments_of(connection(1), std::string("news"))},
            {"publish", publication("*", "to all")},
            {"set-attachment", arguments_of(connection(1), Bytes{1, 2})},
            {"attachment", arguments_of(connection(1))},
            {"close", close(connection(1), 1000)}};
  }
  static std::vector<Step> script() {
    return {{"nobody is there", &finish},
            {"one asks", &come},
            batch(),
            act("accept", acceptance(connection(1))),
            act("subscribe", arguments_of(connection(1), std::string("news"))),
            {"another asks", &come},
            {"a third asks", &come},
            batch(),
            act("close", close(connection(2), 404)),
            act("accept", acceptance(connection(3))),
            batch(),
            all_say(Opcode::kText, "hello"),
            all_say(Opcode::kPing, "there?"),
            batch(),
            act("set-attachment", arguments_of(connection(1), Bytes{7})),
            act("send", text(connection(1), "hello")),
            act("publish", publication("news", "new")),
            act("publish", publication("*", "to all")),
            all("they read no more", [](io::MemoryClient& client) { client.set_capacity(0); }),
            act("send", text(connection(1), std::string(1000, 'a'))),
            act("send", text(connection(1), std::string(1000, 'b'))),
            act("send", text(connection(1), std::string(1000, 'c'))),
            batch(),
            all("they read on", [](io::MemoryClient& client) { client.set_capacity(SIZE_MAX); }),
            batch(),
            act("unsubscribe", arguments_of(connection(1), std::string("news"))),
            {"one asks and waits", &come},
            act("close", close(connection(3), 1000)),
            all_say(Opcode::kClose, server::close_payload(1000)),
            pass(std::chrono::seconds(15)),
            {"one asks at the end", &come}};
  }
  /// More than is accepted, taken in and read.
  static void flood(Rehearsal& rehearsal) {
    for (int i = 0; i < 20; ++i) come(rehearsal);
    rehearsal.take_all();
    for (std::uint64_t id = 1; id <= 8; ++id) {
      rehearsal.act("accept", acceptance(connection(id)));
    }
    rehearsal.take_all();
    for (Client& client : clients()) {
      if (client.shard != &rehearsal.shard() || client.end.is_gone()) continue;
      client.end.set_capacity(0);
      for (int i = 0; i < 100; ++i) client.end.send(client_frame(Opcode::kText, "too much"));
    }
    rehearsal.pass(Nanoseconds(0));
    for (int i = 0; i < 10; ++i) {
      rehearsal.act("send", text(connection(1), std::string(1000, 'z')));
    }
  }
  /// Everybody goes.
  static void finish(Rehearsal& rehearsal) {
    for (Client& client : clients()) {
      if (client.shard == &rehearsal.shard() && !client.end.is_gone()) client.end.reset();
    }
    std::erase_if(clients(),
                  [&](const Client& client) { return client.shard == &rehearsal.shard(); });
    rehearsal.pass(std::chrono::seconds(1));
  }
  static std::vector<Step> faults() {
    std::vector<Step> all;
    for (const std::uint64_t n : {1, 2, 3, 5, 8}) {
      all.push_back({fmt::format("call {} of the network fails", n),
                     [n](Rehearsal& rehearsal) { rehearsal.shard().network.fail_nth(n); }});
    }
    all.push_back({"no descriptors", [](Rehearsal& rehearsal) {
                     rehearsal.shard().network.set_descriptors(
                         io::MemoryNetwork::Descriptors::kExhausted);
                   }});
    return all;
  }
  static std::vector<Step> denied() { return {}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(WebsocketServer, Conformance, WebsocketServerProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(WebsocketServer, Repeatable, WebsocketServerProvoker);

}  // namespace
}  // namespace theater::host::conformance
