// Connections carry bytes both ways as fast as the slower end and end once; nothing is dialled that
// the grant does not name; what is not wanted is not read; each direction ends by itself; bounds
// hold; a discarded invocation has done nothing; stop and restart leave no connection untold.
#include <algorithm>

#include "host/closing.h"
#include "hosts/tcp/tcp_fixture.h"

namespace theater::hosts::tcp {
namespace {

using host::GuestCode;
using std::chrono::seconds;

constexpr std::uint64_t kFirst = kHostIdBit | 1;
constexpr std::string_view kListen = "127.0.0.1:7000";

struct Tcp : testing::Test, TcpGuest {
  host::FakeShard shard;

  ~Tcp() override {
    if (instance) instance->stop(actor::StopMode::kKill);
    instance.reset();
    EXPECT_EQ(shard.executor.timer_count(), 0u);
  }
  void begin(std::string_view more = "") {
    shard.resolver.set("a.com", {*io::IpAddress::parse("1.1.1.1")});
    make(shard.services,
         fmt::format("allow = [\"a.com:25\", \"*.b.com:*\"]\nlisten = \"{}\"\n{}", kListen, more));
  }
  Seen take() {
    shard.executor.run();
    Seen seen = take_now();
    shard.executor.run();
    return seen;
  }
  void pass(Nanoseconds span) {
    shard.executor.advance(span);
    shard.executor.run();
  }
  /// The peer of a connection that the actor opened; its `opened` is taken.
  io::MemoryClient open() {
    EXPECT_EQ(connect("a.com", 25), std::nullopt);
    shard.executor.run();
    auto end = shard.network.take_dialled();
    EXPECT_EQ(take(), Seen{fmt::format("{}: opened", next_id - 1)});
    return *end;
  }
  /// One that was accepted.
  io::MemoryClient visit() {
    io::MemoryClient end = shard.network.connect(std::string(kListen));
    shard.executor.run();
    return end;
  }
};

TEST_F(Tcp, CarriesBytesBothWays) {
  begin();
  io::MemoryClient peer = open();
  EXPECT_EQ(peer.peer(), "1.1.1.1:25");
  EXPECT_EQ(send(1, "EHLO x\r\n"), std::nullopt);
  shard.executor.run();
  EXPECT_EQ(peer.take(), "EHLO x\r\n");
  peer.send("250 y\r\n");
  EXPECT_EQ(take(), Seen{"1: 250 y\r\n"});
  io::MemoryClient visitor = visit();
  visitor.send("hello");
  EXPECT_EQ(take(), (Seen{"101: opened", "101: hello"}));
  EXPECT_EQ(send(kFirst, "you"), std::nullopt);
  shard.executor.run();
  EXPECT_EQ(visitor.take(), "you");
}

TEST_F(Tcp, OnlyWhatTheGrantNamesIsDialled) {
  begin();
  EXPECT_EQ(connect("a.com", 26), GuestCode::kDenied);
  EXPECT_EQ(connect("b.com", 25), GuestCode::kDenied);
  EXPECT_EQ(connect("a.com.evil.org", 25), GuestCode::kDenied);
  EXPECT_EQ(connect("a.com", 0), GuestCode::kInvalid);
  EXPECT_EQ(connect("2130706433", 25), GuestCode::kInvalid);
  EXPECT_EQ(connect("a.com\r\n", 25), GuestCode::kInvalid);
  EXPECT_EQ(shard.resolver.asked(), 0u);
  shard.resolver.set("x.b.com", {*io::IpAddress::parse("10.0.0.1")});
  EXPECT_EQ(connect("X.b.com", 25), std::nullopt);
  EXPECT_EQ(take(), Seen{"1: closed (denied)"});
  EXPECT_FALSE(shard.network.take_dialled());
}

TEST_F(Tcp, FailuresSayWhy) {
  begin();
  shard.network.set_dial(io::MemoryNetwork::Dial::kRefuse);
  connect("a.com", 25);
  EXPECT_EQ(take(), Seen{"1: closed (unreachable)"});
  shard.network.set_dial(io::MemoryNetwork::Dial::kHang);
  connect("a.com", 25);
  pass(seconds(5));
  EXPECT_EQ(take(), Seen{"2: closed (deadline)"});
  while (shard.network.take_dialled()) continue;
  shard.network.set_dial(io::MemoryNetwork::Dial::kAnswer);
  open().reset();
  EXPECT_EQ(take(), Seen{"3: closed (closed)"});
  pass(seconds(2));
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(Tcp, EachDirectionEndsByItself) {
  begin();
  io::MemoryClient peer = open();
  send(1, "question");
  EXPECT_EQ(order<Order::kShutWrite>(1), std::nullopt);
  EXPECT_EQ(send(1, "more"), GuestCode::kConflict);
  shard.executor.run();
  EXPECT_EQ(peer.take(), "question");
  EXPECT_TRUE(peer.is_ended());
  peer.send("answer");
  EXPECT_EQ(take(), Seen{"1: answer"});
  peer.end();
  EXPECT_EQ(take(), (Seen{"1: end-of-data", "1: closed"}));
  EXPECT_EQ(send(1, "x"), GuestCode::kNotFound);

  io::MemoryClient visitor = visit();
  visitor.send("question");
  visitor.end();
  EXPECT_EQ(take(), (Seen{"101: opened", "101: question", "101: end-of-data"}));
  EXPECT_EQ(send(kFirst, "answer"), std::nullopt);
  EXPECT_EQ(order<Order::kClose>(kFirst), std::nullopt);
  EXPECT_EQ(send(kFirst, "x"), GuestCode::kClosed);
  EXPECT_EQ(take(), Seen{"101: closed"});
  EXPECT_EQ(visitor.take(), "answer");
  EXPECT_TRUE(visitor.is_gone());
  pass(seconds(2));
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(Tcp, CloseWritesWhatWasSentAndWaitsForThePeer) {
  begin();
  io::MemoryClient peer = open();
  peer.set_capacity(4);
  send(1, "last words");
  order<Order::kClose>(1);
  EXPECT_TRUE(take().empty());
  EXPECT_EQ(peer.take(), "last");
  shard.executor.run();
  EXPECT_EQ(peer.take(), " wor");
  shard.executor.run();
  EXPECT_EQ(peer.take(), "ds");
  EXPECT_EQ(take(), Seen{"1: closed"});
  EXPECT_TRUE(peer.is_ended() && !peer.is_gone());
  peer.send("ignored");
  peer.end();
  EXPECT_TRUE(take().empty());
  EXPECT_TRUE(peer.is_gone());

  io::MemoryClient stuck = open();
  stuck.set_capacity(0);
  send(2, "never read");
  order<Order::kClose>(2);
  pass(seconds(8));
  EXPECT_EQ(take(), Seen{"2: closed (deadline)"});
  EXPECT_TRUE(stuck.is_gone());
}

TEST_F(Tcp, ModesSayHowMuchIsRead) {
  begin("mode = \"passive\"\n");
  io::MemoryClient visitor = visit();
  visitor.send("one");
  EXPECT_EQ(take(), Seen{"101: opened"});
  EXPECT_EQ(order<Order::kOnce>(kFirst), std::nullopt);
  EXPECT_EQ(take(), Seen{"101: one"});
  visitor.send("two");
  EXPECT_TRUE(take().empty());
  order<Order::kActive>(kFirst, 2u);
  EXPECT_EQ(take(), Seen{"101: two"});
  visitor.send("three");
  EXPECT_EQ(take(), (Seen{"101: three", "101: paused"}));
  visitor.send("four");
  EXPECT_TRUE(take().empty());
  order<Order::kActive>(kFirst, Connection::kEndless);
  EXPECT_EQ(take(), Seen{"101: four"});
  visitor.send("five");
  order<Order::kPassive>(kFirst);
  EXPECT_EQ(take().size(), 0u) << "it was told before the bytes were looked at";
  order<Order::kActive>(kFirst, Connection::kEndless);
  EXPECT_EQ(take(), Seen{"101: five"});
}

TEST_F(Tcp, ASlowActorLetsThePeerWait) {
  begin("credit_items = 2\n");
  io::MemoryClient visitor = visit();
  const std::string many(20 * kScratchBytes, 'x');
  visitor.send(many);
  std::size_t most = 0, pieces = 0;
  for (int round = 0; round < 40; ++round) {
    shard.executor.run();
    most = std::max<std::size_t>(most, instance->census().bytes);
    pieces += take().size();
  }
  EXPECT_EQ(pieces, 21u);
  EXPECT_LE(most, 3 * kScratchBytes + 200) << "BOUND-1";
}

/// Below out_high nobody was congested; who was refused waits for `drained` all the same.
TEST_F(Tcp, WhoWasRefusedIsToldWhenThereIsRoom) {
  begin("out_high = 2048\nout_low = 512\nout_hard = 4096\n");
  io::MemoryClient peer = open();
  peer.set_capacity(0);
  EXPECT_EQ(send(1, std::string(1500, 'x')), std::nullopt);
  EXPECT_EQ(send(1, std::string(3000, 'x')), GuestCode::kFull);
  EXPECT_EQ(take(), Seen{});
  peer.set_capacity(SIZE_MAX);
  EXPECT_EQ(take(), Seen{"1: drained"});
  EXPECT_EQ(send(1, std::string(3000, 'x')), std::nullopt);
  pass(seconds(3));
  EXPECT_EQ(take(), Seen{});
}

TEST_F(Tcp, ASlowPeerIsToldOfAndClosed) {
  begin("out_high = 1024\nout_low = 512\n");
  io::MemoryClient peer = open();
  peer.set_capacity(0);
  send(1, std::string(4000, 'x'));
  EXPECT_EQ(take(), Seen{"1: congested"});
  peer.set_capacity(SIZE_MAX);
  EXPECT_EQ(take(), Seen{"1: drained"});
  peer.set_capacity(0);
  send(1, std::string(4000, 'x'));
  EXPECT_EQ(take(), Seen{"1: congested"});
  peer.set_capacity(SIZE_MAX);
  EXPECT_EQ(take(), Seen{"1: drained"});
  peer.set_capacity(0);
  for (int i = 0; i < 3; ++i) {  // blocked before it is congested
    send(1, std::string(500, 'x'));
    shard.executor.run();
  }
  EXPECT_EQ(take(), Seen{"1: congested"});
  EXPECT_EQ(send(1, std::string(5u << 20, 'x')), GuestCode::kTooLarge);
  EXPECT_EQ(send(1, std::string(4u << 20, 'x')), GuestCode::kFull);
  pass(seconds(33));
  EXPECT_EQ(take(), Seen{"1: closed (full)"});
}

TEST_F(Tcp, ThoseWithoutRoomWait) {
  begin("connections_max = 1\n");
  io::MemoryClient first = visit();
  io::MemoryClient second = visit();
  EXPECT_EQ(take(), Seen{"101: opened"});
  EXPECT_EQ(connect("a.com", 25), GuestCode::kFull);
  order<Order::kClose>(kFirst);
  shard.executor.run();
  first.end();
  EXPECT_EQ(take(), (Seen{"101: closed", "102: opened"}));
  shard.network.set_descriptors(io::MemoryNetwork::Descriptors::kExhausted);
  order<Order::kClose>(kFirst + 1);
  shard.executor.run();
  second.end();
  EXPECT_EQ(take(), Seen{"102: closed"});
  io::MemoryClient third = visit();
  EXPECT_TRUE(take().empty());
  shard.network.set_descriptors(io::MemoryNetwork::Descriptors::kFree);
  pass(seconds(2));
  EXPECT_EQ(take(), Seen{"103: opened"});
}

TEST_F(Tcp, SilenceEnds) {
  begin("idle = \"60s\"\n");
  visit();
  take();
  pass(seconds(62));
  EXPECT_EQ(take(), Seen{"101: closed (deadline)"});
}

TEST_F(Tcp, ADiscardedInvocationHasDoneNothing) {
  begin("connections_max = 2\n");
  io::MemoryClient peer = open();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(call_only(kConnectCall, host::arguments_of(std::string("a.com"), std::uint16_t{25})),
              std::nullopt);
    EXPECT_EQ(call_only(kSendCall, host::arguments_of(std::uint64_t{1}, Bytes(3u << 20))),
              std::nullopt);
    EXPECT_EQ(call_only(kControlCall,
                        host::arguments_of(std::uint64_t{1}, Order::make<Order::kShutWrite>())),
              std::nullopt);
    EXPECT_EQ(
        call_only(kControlCall, host::arguments_of(std::uint64_t{1}, Order::make<Order::kClose>())),
        std::nullopt);
    instance->settle(actor::Settlement::kDiscarded);
  }
  EXPECT_EQ(send(1, "still here"), std::nullopt);
  shard.executor.run();
  EXPECT_EQ(peer.take(), "still here");
}

TEST_F(Tcp, AClosureThatWasRolledBackBeforeItWasOpenedIsNone) {
  begin();
  const Bytes there = host::arguments_of(std::string("a.com"), std::uint16_t{25});
  EXPECT_EQ(call_only(kConnectCall, there), std::nullopt);
  instance->settle(actor::Settlement::kCommitted);
  const Bytes close = host::arguments_of(std::uint64_t{1}, Order::make<Order::kClose>());
  EXPECT_EQ(call_only(kControlCall, close), std::nullopt);
  EXPECT_EQ(call_only(kControlCall, close), GuestCode::kClosed);
  instance->settle(actor::Settlement::kDiscarded);
  instance->perform({kConnectCall, there, 1, Seq{1}, 0});
  ++next_id;
  EXPECT_EQ(take(), Seen{"1: opened"});
  EXPECT_EQ(send(1, "still here"), std::nullopt);
}

TEST_F(Tcp, ARestartTellsOfEachConnectionItCut) {
  begin();
  open();
  io::MemoryClient visitor = visit();
  EXPECT_EQ(take(), Seen{"101: opened"});
  const Bytes saved = instance->save();
  instance->stop(actor::StopMode::kKill);
  const auto table = actor::parse_settings(
      fmt::format("allow = [\"a.com:25\"]\nlisten = \"{}\"\n", kListen), "t", {});
  instance = *family->create(*table, {shard.services, actor});
  ASSERT_TRUE(instance->load(saved));
  const Bytes again = host::arguments_of(std::string("a.com"), std::uint16_t{25});
  ASSERT_TRUE(instance->fold_effect({kConnectCall, again, 7, Seq{1}, 0}, {}));
  ASSERT_TRUE(instance->fold_event(event_bytes<Payload::kOpened>(kHostIdBit | 9, std::string())));
  ASSERT_TRUE(instance->fold_event(event_bytes<Payload::kClosed>(7, std::nullopt)));
  ASSERT_TRUE(instance->recover());
  Seen seen = take();
  std::ranges::sort(seen);
  EXPECT_EQ(seen, (Seen{"101: closed (interrupted)", "109: closed (interrupted)",
                        "1: closed (interrupted)"}));
  visit();
  EXPECT_EQ(take(), Seen{"110: opened"}) << "an id is never used twice";
}

TEST_F(Tcp, StopsFromEveryState) {
  for (const auto mode : {actor::StopMode::kDrain, actor::StopMode::kKill}) {
    for (int state = 0; state < 5; ++state) {
      instance.reset();
      begin();
      actor.drained_count = 0;
      shard.network.set_dial(state == 0 ? io::MemoryNetwork::Dial::kHang
                                        : io::MemoryNetwork::Dial::kAnswer);
      const std::uint64_t id = next_id;
      connect("a.com", 25);
      shard.executor.run();
      io::MemoryClient peer = *shard.network.take_dialled();
      if (state == 2) peer.end();
      if (state == 3) peer.set_capacity(0), send(id, "stuck");
      if (state == 4) order<Order::kClose>(id);
      visit();
      instance->stop(mode);
      if (mode == actor::StopMode::kDrain) pass(seconds(10));
      EXPECT_TRUE(instance->census().is_empty()) << state;
      EXPECT_EQ(actor.drained_count, mode == actor::StopMode::kDrain ? 1 : 0) << state;
      EXPECT_EQ(shard.executor.timer_count(), 0u) << state;
      EXPECT_FALSE(shard.network.is_listening(std::string(kListen)));
    }
  }
}

/// Others have their turn in between (BLOCK-1).
TEST_F(Tcp, AStopClosesManyInParts) {
  begin();
  std::vector<io::MemoryClient> peers;
  for (std::size_t i = 0; i < 2 * host::kClosesMax + 1; ++i) peers.push_back(visit()), take();
  const auto ended = [&] {
    return std::ranges::count_if(peers, [](const auto& peer) { return peer.is_ended(); });
  };
  instance->stop(actor::StopMode::kDrain);
  EXPECT_EQ(ended(), host::kClosesMax);
  shard.executor.run();
  EXPECT_EQ(ended(), peers.size());
  for (auto& peer : peers) peer.end();
  shard.executor.run();
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

TEST_F(Tcp, EachCallOfTheNetworkMayFail) {
  begin();
  for (std::uint64_t n = 1; n <= 12; ++n) {
    shard.network.fail_nth(n);
    const std::uint64_t id = next_id;
    connect("a.com", 25);
    shard.executor.run();
    if (auto peer = shard.network.take_dialled()) {
      send(id, "x");
      peer->send("y");
      shard.executor.run();
      order<Order::kClose>(id);
      peer->end();
    }
    visit().end();
    pass(seconds(20));
    shard.network.fail_nth(0);
    const Seen seen = take();
    EXPECT_EQ(std::ranges::count_if(seen,
                                    [&](const auto& line) {
                                      return line.starts_with(fmt::format("{}: closed", id));
                                    }),
              1)
        << n;
    for (std::uint64_t visitor = 1; visitor <= n; ++visitor) {
      order<Order::kClose>(kHostIdBit | visitor);
    }
    pass(seconds(20));
    take();
    EXPECT_EQ(instance->census().connections, 0u) << n;
  }
}

TEST_F(Tcp, GrantsAreStrict) {
  const auto check = [&](std::string_view text) {
    return family->check_grant(*actor::parse_settings(text, "t.toml", {})).has_value();
  };
  for (const char* useless : {"", "allow = []", "transfer_to = [\"worker\"]"}) {
    EXPECT_FALSE(check(useless)) << useless;
  }
  EXPECT_TRUE(check("listen = \"127.0.0.1:1\""));
  EXPECT_TRUE(check("transfer_from = [\"front\"]"));
  EXPECT_TRUE(
      check("allow = [\"a.com:25\", \"*:443\", \"*.a.com:*\", \"[::1]:7\", \"127.0.0.1:*\"]"));
  for (const char* entry : {"a.com", "a.com:0", "a.com:65536", "a*.com:25", "::1:7", "[a.com]:25",
                            "http://a.com:80", ":25", "127.1:80"}) {
    EXPECT_FALSE(check(fmt::format("allow = [\"{}\"]", entry))) << entry;
  }
  EXPECT_FALSE(check("listen = \"localhost:1\""));
  for (const char* more : {"tls_begins = \"on-order\"", "mode = \"lazy\"", "out_low = \"2MiB\"",
                           "tls_certificate = \"a\"\ntls_key = \"b\""}) {
    EXPECT_FALSE(check(fmt::format("allow = [\"a.com:25\"]\n{}", more))) << more;
  }
}

}  // namespace
}  // namespace theater::hosts::tcp
