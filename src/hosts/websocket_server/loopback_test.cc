// The same server on real sockets: it listens, shares its address between shards, hands
// connections over, and closes with the codes it promises.
#include <gtest/gtest.h>

#include <initializer_list>
#include <thread>

#include "host/testing/real_services.h"
#include "hosts/websocket_server/server_fixture.h"
#include "io/loopback_client.h"

namespace theater::hosts::websocket_server {
namespace {

constexpr int kStepsMax = 4000;

/// One shard with one actor; the test steps it.
struct Shard : host::testing::RealServices {
  EchoActor actor{services};
  std::unique_ptr<actor::FamilyInstance> instance;

  ~Shard() {
    if (instance) instance->stop(actor::StopMode::kKill);
    executor.poll();
  }
  Status serve(const host::Family& family, std::string_view grant) {
    TRY(const auto table, actor::parse_settings(grant, "test.toml", {}));
    TRY(instance, family.create(table, {services, actor}));
    actor.instance = instance.get();
    return instance->recover();
  }
  std::string address() const { return static_cast<Instance&>(*instance).bound_address(); }
};

/// Steps all shards on this thread until `client` has received `size` bytes.
std::string receive(io::LoopbackClient& client, std::size_t size,
                    std::initializer_list<Shard*> shards) {
  std::string all;
  for (int step = 0; step < kStepsMax && all.size() < size && !client.ended(); ++step) {
    for (Shard* shard : shards) shard->executor.run_one_for(Milliseconds(1));
    all += client.receive_now();
  }
  return all;
}

TEST(Loopback, EchoesAndStopsWithGoingAway) {
  listener::AddressBook addresses;
  const auto family = make_family(addresses);
  Shard shard;
  ASSERT_TRUE(shard.serve(*family, "listen = \"127.0.0.1:0\"\n"));
  io::LoopbackClient client(shard.address());
  client.send(upgrade_request());
  EXPECT_TRUE(receive(client, 120, {&shard}).starts_with("HTTP/1.1 101 "));
  const std::string large(100'000, 'x');
  client.send(client_frame(Opcode::kText, large));
  const std::string echo = server_frame(Opcode::kText, large);
  EXPECT_EQ(receive(client, echo.size(), {&shard}), echo);
  shard.instance->stop(actor::StopMode::kDrain);
  const std::string bye = server_frame(Opcode::kClose, close_payload(1001));
  EXPECT_EQ(receive(client, bye.size(), {&shard}), bye);
  client.send(client_frame(Opcode::kClose, close_payload(1001)));
  for (int step = 0; step < kStepsMax && shard.actor.drained_count == 0; ++step) {
    client.receive_now();
    if (client.ended()) client.shut_write();
    shard.executor.run_one_for(Milliseconds(1));
  }
  EXPECT_EQ(shard.actor.drained_count, 1);
  EXPECT_TRUE(shard.instance->census().is_empty());
}

/// The first opens an address, path /a; the second shares it, path /b.
void serve_both(const host::Family& family, Shard& first, Shard& second) {
  second.actor.who.name = "second";
  ASSERT_TRUE(first.serve(family, "listen = \"127.0.0.1:0\"\npath = \"/a\"\n"));
  ASSERT_TRUE(
      second.serve(family, fmt::format("listen = \"{}\"\npath = \"/b\"\n", first.address())));
}

TEST(Loopback, AConnectionMovesToTheShardOfItsActor) {
  listener::AddressBook addresses;
  const auto family = make_family(addresses);
  Shard first, second;
  serve_both(*family, first, second);
  const std::string address = first.address();
  io::LoopbackClient client(address);
  client.send(upgrade_request("/b"));
  EXPECT_TRUE(receive(client, 120, {&first, &second}).starts_with("HTTP/1.1 101 "));
  EXPECT_TRUE(first.actor.seen.empty());
  // From here on the first shard need not run for it.
  client.send(client_frame(Opcode::kText, "hi"));
  EXPECT_EQ(receive(client, 4, {&second}), server_frame(Opcode::kText, "hi"));
  EXPECT_EQ(second.actor.seen, std::vector<std::string>{"opened"});
  // The home's own actor may go; its shard goes on accepting for the other.
  first.instance->stop(actor::StopMode::kKill);
  io::LoopbackClient later(address);
  later.send(upgrade_request("/b"));
  EXPECT_TRUE(receive(later, 120, {&first, &second}).starts_with("HTTP/1.1 101 "));
}

/// What a client gets that talks to `path` while the shards run on their own threads.
std::string talk(const std::string& address, const std::string& path, const std::string& text) {
  io::LoopbackClient client(address);
  client.send(upgrade_request(path));
  const std::string answer = client.receive(129);
  if (!answer.starts_with("HTTP/1.1 101 ")) return answer;
  client.send(client_frame(Opcode::kText, text));
  return client.receive(text.size() + 2);
}

TEST(Loopback, TwoShardsOnTheirOwnThreads) {
  constexpr int kRounds = 50;
  listener::AddressBook addresses;
  const auto family = make_family(addresses);
  Shard first, second;
  serve_both(*family, first, second);
  const std::string address = first.address();
  std::thread one([&] { first.executor.run(); });
  std::thread two([&] { second.executor.run(); });
  for (int i = 0; i < kRounds; ++i) {
    EXPECT_EQ(talk(address, "/a", "to a"), server_frame(Opcode::kText, "to a"));
    EXPECT_EQ(talk(address, "/b", "to b"), server_frame(Opcode::kText, "to b"));
  }
  // The second goes while the first serves; then nobody answers for its path.
  second.executor.post([&] {
    second.instance->stop(actor::StopMode::kKill);
    second.executor.stop();
  });
  two.join();
  EXPECT_TRUE(talk(address, "/b", "").starts_with("HTTP/1.1 404 "));
  EXPECT_EQ(talk(address, "/a", "still"), server_frame(Opcode::kText, "still"));
  first.executor.post([&] {
    first.instance->stop(actor::StopMode::kKill);
    first.executor.stop();
  });
  one.join();
}

TEST(Loopback, HundredsOfConnections) {
  constexpr int kClients = 400;
  listener::AddressBook addresses;
  const auto family = make_family(addresses);
  Shard shard;
  ASSERT_TRUE(shard.serve(*family, "listen = \"127.0.0.1:0\"\n"));
  std::vector<std::unique_ptr<io::LoopbackClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<io::LoopbackClient>(shard.address()));
    clients.back()->send(upgrade_request());
    shard.executor.poll();
  }
  for (auto& client : clients) {
    ASSERT_TRUE(receive(*client, 120, {&shard}).starts_with("HTTP/1.1 101 "));
  }
  EXPECT_EQ(shard.instance->census().connections, kClients);
  shard.actor.call(EchoActor::kPublish, host::arguments_of(std::string("*"), Message{"all"}));
  const std::string all = server_frame(Opcode::kText, "all");
  for (auto& client : clients) ASSERT_EQ(receive(*client, all.size(), {&shard}), all);
  for (auto& client : clients) client->reset();
  for (int step = 0; step < kStepsMax && shard.instance->census().connections > 0; ++step) {
    shard.executor.run_one_for(Milliseconds(1));
  }
  EXPECT_EQ(shard.instance->census().connections, 0u);
}

}  // namespace
}  // namespace theater::hosts::websocket_server
