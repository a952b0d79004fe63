// A connection that one actor hands to another is that one's from then on, with every byte: what
// was sent before is written first, what was read goes nowhere; nobody gets one that grants do not
// allow; one that is not taken is as it was; each actor hears one last event, whoever stops
// meanwhile.
#include "hosts/tcp/tcp_fixture.h"

namespace theater::hosts::tcp {
namespace {

using host::GuestCode;
using std::chrono::seconds;

constexpr std::uint64_t kFirst = kHostIdBit | 1;
constexpr std::string_view kListen = "127.0.0.1:7000";

/// Two actors of one node, each on a shard of its own.
struct TcpTransfer : testing::Test {
  host::FakeShard here, there;
  TcpGuest front, worker;

  TcpTransfer() {
    front.actor.who.name = "front";
    worker.actor.who.name = "worker";
    worker.family = front.family;
    here.resolver.set("a.com", {*io::IpAddress::parse("1.1.1.1")});
  }
  ~TcpTransfer() override {
    for (TcpGuest* guest : {&front, &worker}) {
      if (guest->instance) guest->instance->stop(actor::StopMode::kKill);
      guest->instance.reset();
    }
    EXPECT_EQ(here.executor.timer_count() + there.executor.timer_count(), 0u);
  }
  void begin(std::string_view of_worker = "transfer_from = [\"front\"]\n") {
    front.make(here.services,
               fmt::format("allow = [\"a.com:25\"]\nlisten = \"{}\"\nmode = \"passive\"\n"
                           "transfer_to = [\"worker\", \"nobody\", \"front\"]\n",
                           kListen));
    worker.make(there.services, of_worker);
  }
  void run() {
    for (int turn = 0; turn < 4; ++turn) {
      here.executor.run();
      there.executor.run();
    }
  }
  TcpGuest::Seen take(TcpGuest& guest) {
    run();
    auto seen = guest.take_now();
    run();
    return seen;
  }
  io::MemoryClient visit() {
    io::MemoryClient end = here.network.connect(std::string(kListen));
    run();
    EXPECT_EQ(take(front).size(), 1u) << "opened";
    return end;
  }
};

TEST_F(TcpTransfer, EveryByteArrives) {
  begin();
  io::MemoryClient peer = visit();
  peer.send("first");
  front.order<Order::kOnce>(kFirst);
  EXPECT_EQ(take(front), TcpGuest::Seen{"101: first"});
  peer.send("second");
  peer.set_capacity(3);
  EXPECT_EQ(front.send(kFirst, "hello"), std::nullopt);
  EXPECT_EQ(front.transfer(kFirst, "worker", "first"), std::nullopt);
  EXPECT_EQ(front.send(kFirst, "x"), GuestCode::kConflict);
  EXPECT_EQ(front.order<Order::kClose>(kFirst), GuestCode::kConflict);
  EXPECT_EQ(front.transfer(kFirst, "worker"), GuestCode::kConflict);
  EXPECT_TRUE(take(front).empty()) << "not all is written";
  EXPECT_EQ(peer.take(), "hel");
  EXPECT_EQ(take(front), TcpGuest::Seen{"101: transferred"});
  EXPECT_EQ(front.send(kFirst, "x"), GuestCode::kNotFound);
  EXPECT_EQ(front.instance->census().connections, 0u);
  EXPECT_EQ(take(worker), (TcpGuest::Seen{"101: handed by front: first", "101: second"}));
  EXPECT_EQ(worker.send(kFirst, "!"), std::nullopt);
  run();
  EXPECT_EQ(peer.take(), "lo!");
  peer.end();
  EXPECT_EQ(take(worker), TcpGuest::Seen{"101: end-of-data"});
  worker.order<Order::kClose>(kFirst);
  EXPECT_EQ(take(worker), TcpGuest::Seen{"101: closed"});
  EXPECT_TRUE(peer.is_gone());
}

TEST_F(TcpTransfer, OneThatWasDialledGoesToo) {
  begin();
  EXPECT_EQ(front.connect("a.com", 25), std::nullopt);
  EXPECT_EQ(take(front), TcpGuest::Seen{"1: opened"});
  EXPECT_EQ(front.transfer(1, "worker"), std::nullopt);
  EXPECT_EQ(take(front), TcpGuest::Seen{"1: transferred"});
  EXPECT_EQ(take(worker), TcpGuest::Seen{"101: handed by front: "});
}

TEST_F(TcpTransfer, OnlyWhatBothGrantsAllow) {
  begin("transfer_from = [\"another\"]\nlisten = \"127.0.0.1:7001\"\n");
  io::MemoryClient peer = visit();
  EXPECT_EQ(front.transfer(kFirst, "stranger"), GuestCode::kDenied);
  EXPECT_EQ(front.transfer(kFirst, "front"), GuestCode::kInvalid);
  EXPECT_EQ(front.transfer(9, "worker"), GuestCode::kNotFound);
  EXPECT_EQ(front.transfer(kFirst, "worker", std::string(5000, 'x')), GuestCode::kTooLarge);
  EXPECT_EQ(worker.transfer(kFirst, "front"), GuestCode::kNotFound);
  EXPECT_EQ(front.transfer(kFirst, "worker"), std::nullopt);
  EXPECT_EQ(take(front), TcpGuest::Seen{"101: not transferred (denied)"});
  EXPECT_EQ(front.transfer(kFirst, "nobody"), std::nullopt);
  EXPECT_EQ(take(front), TcpGuest::Seen{"101: not transferred (not-found)"});
  EXPECT_TRUE(take(worker).empty());
  EXPECT_EQ(front.send(kFirst, "still mine"), std::nullopt);
  peer.send("yes");
  front.order<Order::kOnce>(kFirst);
  EXPECT_EQ(take(front), TcpGuest::Seen{"101: yes"});
  EXPECT_EQ(peer.take(), "still mine");
}

TEST_F(TcpTransfer, NotWhatIsReadOrAboutToBe) {
  begin();
  io::MemoryClient peer = visit();
  front.order<Order::kActive>(kFirst, 2u);
  EXPECT_EQ(front.transfer(kFirst, "worker"), std::nullopt);
  EXPECT_EQ(take(front), TcpGuest::Seen{"101: not transferred (conflict)"});
  peer.send("one");
  run();
  front.order<Order::kPassive>(kFirst);
  EXPECT_EQ(front.transfer(kFirst, "worker"), std::nullopt);
  EXPECT_EQ(take(front), (TcpGuest::Seen{"101: one", "101: not transferred (conflict)"}));
  EXPECT_EQ(front.transfer(kFirst, "worker"), std::nullopt);
  EXPECT_EQ(take(front), TcpGuest::Seen{"101: transferred"});
}

TEST_F(TcpTransfer, AFullOneTakesNoMore) {
  begin("transfer_from = [\"*\"]\nconnections_max = 1\n");
  io::MemoryClient first = visit(), second = visit();
  front.transfer(kFirst, "worker");
  front.transfer(kFirst + 1, "worker");
  EXPECT_EQ(take(front), (TcpGuest::Seen{"101: transferred", "102: not transferred (full)"}));
  EXPECT_EQ(take(worker), TcpGuest::Seen{"101: handed by front: "});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(front.transfer(kFirst + 1, "worker"), std::nullopt)
        << "a place is kept for its event";
    EXPECT_EQ(take(front), TcpGuest::Seen{"102: not transferred (full)"});
  }
}

TEST_F(TcpTransfer, ADiscardedInvocationHandsNothingOver) {
  begin();
  visit();
  EXPECT_EQ(
      front.call_only(kTransferCall, host::arguments_of(kFirst, std::string("worker"), Bytes{})),
      std::nullopt);
  front.instance->settle(actor::Settlement::kDiscarded);
  EXPECT_TRUE(take(worker).empty());
  EXPECT_EQ(front.send(kFirst, "mine"), std::nullopt);
}

TEST_F(TcpTransfer, WhoeverStopsMeanwhileLosesNobodyElse) {
  for (const auto mode : {actor::StopMode::kDrain, actor::StopMode::kKill}) {
    for (TcpGuest* leaver : {&front, &worker}) {
      for (int turns = 0; turns < 3; ++turns) {
        front.instance.reset();
        worker.instance.reset();
        begin();
        io::MemoryClient peer = here.network.connect(std::string(kListen));
        run();
        front.take_now();
        front.transfer(kFirst, "worker");
        if (turns > 0) here.executor.run();
        if (turns > 1) there.executor.run();
        leaver->instance->stop(mode);
        run();
        TcpGuest& other = leaver == &front ? worker : front;
        for (host::FakeShard* shard : {&here, &there}) shard->executor.advance(seconds(8));
        run();
        EXPECT_TRUE(leaver->instance->census().is_empty());
        EXPECT_LE(other.instance->census().connections, 1u);
        EXPECT_LE(other.take_now().size(), 1u);
        other.instance->stop(actor::StopMode::kKill);
        EXPECT_TRUE(peer.is_gone());
      }
    }
  }
}

TEST_F(TcpTransfer, ARestartTellsOfWhatWasTakenOverAndNotOfWhatHasGone) {
  begin();
  visit();
  front.transfer(kFirst, "worker");
  take(front);
  take(worker);
  front.instance->stop(actor::StopMode::kKill);
  worker.instance->stop(actor::StopMode::kKill);
  const Handing handing{"1.1.1.1:1", "front", {}};
  const auto restart = [&](TcpGuest& guest, host::FakeShard& shard) {
    const auto table = actor::parse_settings("transfer_from = [\"*\"]\n", "t", {});
    guest.instance = *guest.family->create(*table, {shard.services, guest.actor});
  };
  restart(worker, there);
  ASSERT_TRUE(worker.instance->fold_event(event_bytes<Payload::kHanded>(kFirst, handing)));
  ASSERT_TRUE(worker.instance->recover());
  EXPECT_EQ(take(worker), TcpGuest::Seen{"101: closed (interrupted)"});
  restart(front, here);
  for (const Bytes& event : {event_bytes<Payload::kOpened>(kFirst, std::string()),
                             event_bytes<Payload::kTransferred>(
                                 kFirst, host::Outcome(host::refuse(GuestCode::kFull, "not yet"))),
                             event_bytes<Payload::kTransferred>(kFirst, host::Outcome())}) {
    ASSERT_TRUE(front.instance->fold_event(event));
  }
  ASSERT_TRUE(front.instance->recover());
  EXPECT_TRUE(take(front).empty());
}

}  // namespace
}  // namespace theater::hosts::tcp
