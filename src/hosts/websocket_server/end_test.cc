// Whatever state connections are in, and whichever call fails: after stop nothing is held, no
// event is lost or doubled, and a restart reports each connection the guest knew as closed, once
// (END-1).
#include <algorithm>

#include "host/closing.h"
#include "hosts/websocket_server/server_fixture.h"

namespace theater::hosts::websocket_server {
namespace {

using Seen = std::vector<std::string>;

/// One client in each state that can be held up.
struct Crowd : ServerFixture {
  std::vector<io::MemoryClient> clients;
  void gather() {
    serve("accept = \"ask\"\n");
    actor.echoes = false;
    for (int i = 0; i < 5; ++i) add();
    // clients[0] stays opening; [1] open; [2] closing; [3] leaving; [4] lingering.
    for (std::size_t i = 1; i < 5; ++i) accept(ids[i]);
    executor.run();
    actor.call(EchoActor::kClose, host::arguments_of(ids[2], std::uint16_t{1000}, std::string()));
    clients[3].set_capacity(0);
    clients[3].send(client_frame(Opcode::kClose, ""));
    clients[4].send(client_frame(Opcode::kClose, ""));
    clients.push_back(connect());  // in reception
    clients.back().send("GET / HT");
    executor.run();
  }
  void add() {
    clients.push_back(connect());
    clients.back().send(upgrade_request());
    executor.run();
    ids.push_back(actor.last_id);
  }
  void accept(std::uint64_t id) {
    actor.call(EchoActor::kAccept, host::arguments_of(id, std::optional<std::string>()));
  }
  std::vector<std::uint64_t> ids;
};

TEST_F(Crowd, KillReleasesEverythingAtOnce) {
  gather();
  EXPECT_EQ(instance->census().connections, 5u);
  instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(instance->census().is_empty());
  for (const auto& client : clients) EXPECT_TRUE(client.is_gone());
  executor.run();
  EXPECT_EQ(executor.timer_count(), 0u);
  EXPECT_FALSE(network.is_listening(std::string(kListen)));
}

TEST_F(Crowd, DrainClosesPolitelyWithinItsTime) {
  gather();
  for (auto& client : clients) client.take();
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  EXPECT_TRUE(clients[0].take().starts_with("HTTP/1.1 "));
  EXPECT_EQ(clients[1].take(), server_frame(Opcode::kClose, close_payload(1001)));
  EXPECT_EQ(actor.drained_count, 0);
  pass(std::chrono::seconds(8));
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
  EXPECT_EQ(executor.timer_count(), 0u);
}

/// Others have their turn in between (BLOCK-1).
TEST_F(ServerFixture, AStopSaysGoodbyeToManyInParts) {
  serve();
  std::vector<io::MemoryClient> clients;
  for (std::size_t i = 0; i < 2 * host::kClosesMax + 1; ++i) clients.push_back(open());
  const auto told = [&] {
    return std::ranges::count_if(clients, [](const auto& client) { return client.waiting() > 0; });
  };
  instance->stop(actor::StopMode::kDrain);
  EXPECT_EQ(told(), host::kClosesMax);
  executor.run();
  for (auto& client : clients) {
    ASSERT_EQ(client.take(), server_frame(Opcode::kClose, close_payload(1001)));
  }
  EXPECT_EQ(actor.drained_count, 0);
  pass(std::chrono::seconds(8));
  EXPECT_EQ(actor.drained_count, 1);
}

TEST_F(ServerFixture, AKillInTheMiddleOfAStopLeavesNothing) {
  serve();
  std::vector<io::MemoryClient> clients;
  for (std::size_t i = 0; i < 2 * host::kClosesMax; ++i) clients.push_back(open());
  instance->stop(actor::StopMode::kDrain);
  instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(instance->census().is_empty());
  executor.run();
  EXPECT_EQ(executor.timer_count(), 0u);
  for (const auto& client : clients) ASSERT_TRUE(client.is_gone());
}

TEST_F(ServerFixture, ARestartOfTheNodeClosesWith1012) {
  serve();
  auto client = open();
  instance->expect_stop(actor::EndReason::kRestart);
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  EXPECT_EQ(client.take(), server_frame(Opcode::kClose, close_payload(1012)));
}

TEST_F(Crowd, TheEndOfAFailedActorIsToldWith1011AndReleasesEverythingAtOnce) {
  gather();
  for (auto& client : clients) client.take();
  instance->expect_stop(actor::EndReason::kFault);
  instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(instance->census().is_empty());
  executor.run();
  EXPECT_TRUE(clients[0].take().starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(clients[1].take(), server_frame(Opcode::kClose, close_payload(1011)));
  EXPECT_EQ(clients[3].take(), "") << "it reads nothing; nobody waits for it";
  for (const auto& client : clients) EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(executor.timer_count(), 0u);
}

TEST_F(ServerFixture, DrainEndsAsSoonAsEverybodyHasAnswered) {
  serve();
  auto client = open();
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  client.send(client_frame(Opcode::kClose, close_payload(1001)));
  client.end();
  executor.run();
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

/// Whose credit is used up is read again: the close it answers is behind what nobody will take.
TEST_F(ServerFixture, DrainHearsTheAnswerOfAClientThatWasNotRead) {
  serve("credit_messages = 1\n");
  auto client = open();
  actor.is_asleep = true;
  for (int i = 0; i < 3; ++i) client.send(client_frame(Opcode::kText, "a"));
  executor.run();
  ASSERT_EQ(static_cast<Instance&>(*instance).queue_counters().depth, 1u);
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  EXPECT_EQ(client.take(), server_frame(Opcode::kClose, close_payload(1001)));
  client.send(client_frame(Opcode::kClose, close_payload(1001)));
  client.end();
  executor.run();
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

TEST_F(ServerFixture, AClientThatWasNotReadIsClosedWithItsAnswer) {
  serve("credit_messages = 1\n");
  auto client = open();
  actor.is_asleep = true;
  for (int i = 0; i < 3; ++i) client.send(client_frame(Opcode::kText, "a"));
  executor.run();
  actor.call(EchoActor::kClose,
             host::arguments_of(actor.last_id, std::uint16_t{1000}, std::string()));
  client.send(client_frame(Opcode::kText, "b") + client_frame(Opcode::kClose, close_payload(1000)));
  client.end();
  actor.echoes = false;
  actor.wake();
  executor.run();
  EXPECT_EQ(actor.seen, (Seen{"opened", "text a", "closed 1000"})) << "what came late is not told";
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(ServerFixture, AnActorWithoutConnectionsDrainsAtOnce) {
  serve();
  instance->stop(actor::StopMode::kDrain);
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

/// A short session; whatever fails in it, its ends must add up.
void session(ServerFixture& it) {
  auto one = it.connect();
  one.send(upgrade_request());
  it.executor.run();
  one.send(client_frame(Opcode::kText, "a") + client_frame(Opcode::kPing, ""));
  it.executor.run();
  auto two = it.connect();
  two.send(upgrade_request());
  it.executor.run();
  two.send(client_frame(Opcode::kClose, ""));
  it.executor.run();
  two.end();
  auto page = it.connect();
  page.send("GET /.theater/head HTTP/1.1\r\nHost: t\r\n\r\n");
  it.executor.run();
  page.end();
  one.reset();
  it.executor.run();
}

TEST_F(ServerFixture, EachCallFailsOnceAndTheOthersGoOn) {
  serve();
  const std::uint64_t before = network.calls();
  session(*this);
  const std::uint64_t calls = network.calls() - before;
  ASSERT_GT(calls, 10u);
  for (std::uint64_t n = 1; n <= calls; ++n) {
    actor.seen.clear();
    network.fail_nth(n);
    session(*this);
    network.fail_nth(0);
    pass(std::chrono::seconds(31));
    const auto count = [&](std::string_view word) {
      return std::ranges::count_if(actor.seen,
                                   [&](const auto& event) { return event.starts_with(word); });
    };
    EXPECT_EQ(count("opened"), count("closed")) << "call " << n;
    EXPECT_EQ(instance->census().connections, 0u) << "call " << n;
    EXPECT_EQ(instance->census().descriptors, 1u) << "call " << n;
  }
}

TEST_F(ServerFixture, ARestartReportsWhatTheGuestKnewAsInterrupted) {
  serve();
  open();
  const std::uint64_t first = actor.last_id;
  actor.call(EchoActor::kSetAttachment, host::arguments_of(first, Bytes{9}));
  const Bytes saved = instance->save();
  actor.is_asleep = true;
  auto unseen = connect();
  unseen.send(upgrade_request());
  executor.run();
  instance->stop(actor::StopMode::kKill);

  EchoActor next(services);
  auto fresh = make(next);
  const std::uint64_t second = first + 1;
  ASSERT_TRUE(fresh->load(saved));
  ASSERT_TRUE(fresh->fold_event(event_bytes<Payload::kOpened>(second, Opening{"/", {}, "p"})));
  ASSERT_TRUE(fresh->fold_effect(
      {EchoActor::kSetAttachment, host::arguments_of(second, Bytes{7}), 0, Seq{3}, 0}, {}));
  ASSERT_TRUE(fresh->recover());
  executor.run();
  EXPECT_EQ(next.seen, (Seen{"closed 1006 (interrupted)", "closed 1006 (interrupted)"}));
  EXPECT_EQ(next.call(EchoActor::kAttachment, host::arguments_of(first)).back(), 9);
  EXPECT_EQ(next.call(EchoActor::kAttachment, host::arguments_of(second)).back(), 7);
  auto client = connect();
  client.send(upgrade_request());
  executor.run();
  EXPECT_EQ(next.last_id, second + 1);
  fresh->stop(actor::StopMode::kKill);
}

TEST_F(ServerFixture, ActorsShareAnAddressByPath) {
  serve("path = \"/a\"\n");
  EchoActor other(services);
  other.who.name = "other";
  auto second = make(other, "path = \"/b\"\n");
  ASSERT_TRUE(second->recover());
  auto client = connect();
  client.send(upgrade_request("/b"));
  executor.run();
  EXPECT_EQ(other.seen, Seen{"opened"});
  EXPECT_TRUE(actor.seen.empty());
  EchoActor third(services);
  third.who.name = "third";
  auto clash = make(third, "path = \"/a\"\n");
  const Status refused = clash->recover();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kConflict);
  clash->stop(actor::StopMode::kKill);
  second->stop(actor::StopMode::kKill);
  EXPECT_TRUE(network.is_listening(std::string(kListen)));
  auto head = connect();
  EXPECT_NE(exchange(head, "GET /.theater/head?actor=echo HTTP/1.1\r\nHost: t\r\n\r\n")
                .find("{\"actor\":\"echo\",\"seq\":7,\"head\":\"00000000"),
            std::string::npos);
}

}  // namespace
}  // namespace theater::hosts::websocket_server
