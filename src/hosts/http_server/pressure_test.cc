// Streams that nobody reads tell the guest, refuse at the hard bound and end by rule; who was
// refused is told when there is room; who is turned away is not called slow, and is read again,
// once in each task.
#include <algorithm>

#include "hosts/http_server/server_fixture.h"

namespace theater::hosts::http_server {
namespace {

struct Slow : HttpFixture {
  io::MemoryClient client;
  std::uint64_t id = 0;
  void begin(std::string_view path) {
    serve(
        "out_high = \"4KiB\"\nout_low = \"1KiB\"\nout_hard = \"8KiB\"\ntopic_bytes = \"4KiB\"\n"
        "slow = \"10s\"\n");
    client = connect();
    exchange(client, get(path));
    client.set_capacity(0);
    id = actor.last_id;
  }
  Bytes write(std::size_t size) {
    Bytes result = actor.call(DeskActor::kWrite, host::arguments_of(id, Bytes(size, 'x')));
    executor.run();
    return result;
  }
};

TEST_F(Slow, StreamsTellOfCongestionAndRefuseAtTheHardBound) {
  begin("/raw");
  EXPECT_EQ(write(5000)[0], 0);
  EXPECT_EQ(actor.seen.back(), "congested");
  const Bytes full = write(4000);
  EXPECT_EQ(full[0], 1);
  EXPECT_EQ(full[1], static_cast<std::uint8_t>(host::GuestCode::kFull));
  EXPECT_EQ(write(9000)[1], static_cast<std::uint8_t>(host::GuestCode::kTooLarge));
  client.set_capacity(1 << 20);
  client.take();
  executor.run();
  EXPECT_EQ(actor.seen.back(), "drained");
  EXPECT_EQ(write(4000)[0], 0);
}

/// It waits for `drained`, whether it was told of congestion or not.
TEST_F(Slow, WhoWasRefusedAWriteIsToldWhenThereIsRoom) {
  begin("/raw");
  EXPECT_EQ(write(3000)[0], 0);
  EXPECT_EQ(write(6000)[1], static_cast<std::uint8_t>(host::GuestCode::kFull));
  EXPECT_EQ(actor.seen, Seen{"GET /raw"}) << "it is below out_high";
  client.set_capacity(1500);
  executor.run();
  EXPECT_EQ(actor.seen, Seen{"GET /raw"}) << "it is above out_low";
  client.set_capacity(1 << 20);
  executor.run();
  EXPECT_EQ(actor.seen, (Seen{"GET /raw", "drained"}));
  EXPECT_EQ(write(6000)[0], 0);
  pass(seconds(3));
  EXPECT_EQ(actor.seen, (Seen{"GET /raw", "drained"})) << "once";
}

/// All that it wrote before is taken at once, so that nothing was ever congested.
TEST_F(Slow, WhoWasRefusedAWriteBehindOthersOfItsOwnIsTold) {
  begin("/raw");
  client.set_capacity(1 << 20);
  const Bytes chunk = host::arguments_of(id, Bytes(5000, 'x'));
  EXPECT_EQ(actor.only_call(DeskActor::kWrite, chunk)[0], 0);
  EXPECT_EQ(actor.only_call(DeskActor::kWrite, chunk)[1],
            static_cast<std::uint8_t>(host::GuestCode::kFull));
  instance->settle(actor::Settlement::kCommitted);
  executor.run();
  EXPECT_EQ(actor.seen, Seen{"GET /raw"}) << "what it wrote waits for the disk";
  instance->perform({DeskActor::kWrite, chunk, 0, Seq{42}, 0});
  executor.run();
  EXPECT_EQ(actor.seen, (Seen{"GET /raw", "drained"}));
}

TEST_F(Slow, ARefusalThatWasRolledBackIsFollowedByNothing) {
  begin("/raw");
  EXPECT_EQ(write(3000)[0], 0);
  actor.only_call(DeskActor::kWrite, host::arguments_of(id, Bytes(6000, 'x')));
  instance->settle(actor::Settlement::kDiscarded);
  client.set_capacity(1 << 20);
  pass(seconds(3));
  EXPECT_EQ(actor.seen, Seen{"GET /raw"});
}

TEST_F(Slow, WhoTakesNothingIsCutOff) {
  begin("/raw");
  write(100);
  pass(seconds(6));
  EXPECT_FALSE(client.is_gone());
  pass(seconds(8));
  EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(actor.seen.back(), "ended (full)");
}

TEST_F(Slow, AListenerBeyondTopicBytesIsCutOff) {
  begin("/events");
  const std::string data(1500, 'd');
  for (int i = 0; i < 3; ++i) {
    actor.call(DeskActor::kPublish,
               host::arguments_of(std::string("news"), ServerEvent{"", "", data}));
    executor.run();
  }
  EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(actor.seen.back(), "ended (full)");
  EXPECT_EQ(instance->census().connections, 0u);
}

struct Crowded : ParkFixture {
  double figure(std::string_view name) const {
    actor::Figures figures;
    instance->measure(figures);
    const auto found = std::ranges::find(figures.all(), name, &actor::Figure::name);
    return found == figures.all().end() ? -1 : found->value;
  }
};

/// Its client is not to blame, nor called slow.
TEST_F(Crowded, WhoIsTurnedAwayIsNotSlow) {
  serve("streams_max = 0\nparked_max = 0\n");
  EXPECT_EQ(ask(get("/raw")), "503 too many streams");
  EXPECT_EQ(ask(get("/later")), "503 too many requests are parked");
  EXPECT_EQ(actor.seen, (Seen{"GET /raw", "ended (full)", "GET /later", "ended (full)"}));
  EXPECT_EQ(figure("http_slow_closes_total"), 0);
  EXPECT_EQ(figure("http_refused_total"), 2);
  pass(seconds(3));
  EXPECT_EQ(actor.overflowed, 2u);
}

/// A guest that answers it before it hears of that hears nothing more, and nothing is cut off.
TEST_F(Crowded, WhoIsTurnedAwayAndAnsweredIsNotCutOff) {
  serve("parked_max = 0\n");
  auto client = connect();
  client.set_capacity(0);
  exchange(client, get("/later"));
  EXPECT_EQ(actor.respond(actor.last_id, "late")[0], 0);
  client.set_capacity(1 << 20);
  executor.run();
  EXPECT_EQ(brief(client.take()), "503 too many requests are parked");
  pass(seconds(3));
  EXPECT_EQ(figure("http_slow_closes_total"), 0);
  EXPECT_EQ(actor.overflowed, 1u) << "the refusal alone";
}

/// One request is in flight; who asks beside it is turned away.
struct TurnedAway : Crowded {
  static constexpr std::string_view kRefused = "503 too many requests are in flight";
  io::MemoryClient busy, client;
  void begin() {
    serve("inflight_max = 1\n");
    actor.is_asleep = true;
    busy = connect();
    exchange(busy, get("/now"));
    client = connect();
  }
  void end_crowd() {
    actor.wake();
    executor.run();
    EXPECT_EQ(brief(busy.take()), "200 hello");
  }
};

TEST_F(TurnedAway, IsHeardAgain) {
  begin();
  EXPECT_EQ(brief(exchange(client, get("/now"))), kRefused);
  end_crowd();
  EXPECT_EQ(brief(exchange(client, get("/now"))), "200 hello");
  EXPECT_EQ(figure("http_refused_total"), 1);
}

/// To refuse costs little, but many are sent ahead in one piece (BLOCK-1).
TEST_F(TurnedAway, WhatItSentAheadIsRefusedRequestByRequest) {
  begin();
  std::string ahead;
  for (int i = 0; i < 100; ++i) ahead += get("/now");
  client.send(ahead);
  double most = 0;
  for (double before = 0; executor.step(); before = figure("http_refused_total")) {
    most = std::max(most, figure("http_refused_total") - before);
  }
  EXPECT_EQ(most, 1);
  EXPECT_EQ(figure("http_refused_total"), 100);
}

TEST_F(TurnedAway, HearsAllAnswersBehindItsEnd) {
  begin();
  client.send(get("/now") + get("/now"));
  client.end();
  executor.run();
  EXPECT_EQ(brief(client.take()), fmt::format("{0}; {0}", kRefused));
  EXPECT_TRUE(client.is_gone());
}

TEST_F(TurnedAway, IsNotWaitedForByAStop) {
  begin();
  EXPECT_EQ(brief(exchange(client, get("/now"))), kRefused);
  end_crowd();
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  EXPECT_TRUE(client.is_ended());
  EXPECT_EQ(instance->census().timers, 1u) << "the tick";
  client.end();
  executor.run();
  EXPECT_TRUE(client.is_gone());
}

/// Of many clients that take nothing.
struct Held : Crowded {
  static constexpr std::string_view kSmall = "out_total = \"1MiB\"\nresponse_max = \"1MiB\"\n";

  void park(std::size_t count) {
    ParkFixture::park(count);
    for (auto& client : clients) client.set_capacity(0);
  }
  std::size_t gone() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(clients, [](const auto& client) { return client.is_gone(); }));
  }
};

TEST_F(Held, AnAnswerToAllIsHeldOnce) {
  serve();
  park(100);
  const std::string body(1 << 20, 'a');
  actor.call(DeskActor::kRespondAll, host::arguments_of(ids, DeskActor::response(body)));
  executor.run();
  EXPECT_GE(figure("http_outgoing_bytes"), 1 << 20);
  EXPECT_LE(figure("http_outgoing_bytes"), (1 << 20) + 100 * 1024);
  for (auto& client : clients) {
    client.set_capacity(SIZE_MAX);
    executor.run();
    ASSERT_EQ(brief(client.take()), "200 " + body);
  }
  EXPECT_EQ(figure("http_outgoing_bytes"), 0);
}

TEST_F(Held, WhatIsHeldForAllIsBoundedAndTheSlowestPay) {
  serve(kSmall);
  park(8);
  clients[0].set_capacity(SIZE_MAX);
  const std::string body(200'000, 'a');
  for (const std::uint64_t id : ids) {
    actor.respond(id, body);
    pass(Milliseconds(1500));
  }
  EXPECT_LE(figure("http_outgoing_bytes"), 1 << 20);
  EXPECT_EQ(brief(clients[0].take()), "200 " + body);
  EXPECT_FALSE(clients[0].is_gone()) << "it took everything";
  EXPECT_TRUE(clients[1].is_gone()) << "it has waited longest";
  EXPECT_FALSE(clients[7].is_gone());
  EXPECT_EQ(figure("http_slow_closes_total"), static_cast<double>(gone()));
  EXPECT_EQ(actor.overflowed, gone()) << "nothing is dropped silently";
}

TEST_F(Held, WhoTakesSomeOfItNowAndThenIsNotSlow) {
  serve(kSmall);
  park(2);
  const std::string body(900'000, 'a');
  for (auto& client : clients) client.set_capacity(100'000);
  for (const std::uint64_t id : ids) actor.respond(id, body);
  std::vector<std::string> got(clients.size());
  for (int i = 0; i < 20; ++i) {
    for (std::size_t k = 0; k < clients.size(); ++k) got[k] += clients[k].take();
    pass(Milliseconds(500));
  }
  for (std::string& text : got) EXPECT_TRUE(brief(std::move(text)) == "200 " + body);
  EXPECT_EQ(gone(), 0u);
}

TEST_F(Held, TwiceWhatMayBeHeldIsNeverHeldForLong) {
  serve(kSmall);
  park(3);
  for (const std::uint64_t id : ids) actor.respond(id, std::string(900'000, 'a'));
  executor.run();
  EXPECT_LE(figure("http_outgoing_bytes"), 2 << 20);
  EXPECT_GT(gone(), 0u);
}

TEST_F(Held, WhoComeBackTogetherShareWhatTheyMissed) {
  serve();
  auto first = connect();
  exchange(first, get("/events"));
  const std::string data(50'000, 'd');
  for (const char* id : {"1", "2"}) {
    const ServerEvent event{id, "", data};
    actor.call(DeskActor::kPublish, host::arguments_of(std::string("news"), event));
  }
  executor.run();
  first.take();
  actor.is_asleep = true;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(connect());
    clients.back().send(get("/events", "Last-Event-ID: 1\r\n"));
    clients.back().set_capacity(0);
  }
  executor.run();
  actor.wake();
  executor.run();
  EXPECT_GE(figure("http_outgoing_bytes"), 50'000);
  EXPECT_LE(figure("http_outgoing_bytes"), 60'000) << "all hold one frame";
  for (auto& client : clients) {
    client.set_capacity(SIZE_MAX);
    executor.run();
    EXPECT_NE(client.take().find(data), std::string::npos);
  }
  EXPECT_EQ(figure("http_outgoing_bytes"), 0);
}

TEST_F(Held, WhatATopicRemembersIsNotOnItsWay) {
  serve();
  auto client = connect();
  exchange(client, get("/events"));
  for (const char* id : {"1", "2"}) {
    const ServerEvent event{id, "", "news"};
    actor.call(DeskActor::kPublish, host::arguments_of(std::string("news"), event));
  }
  executor.run();
  EXPECT_NE(client.take(), "");
  EXPECT_EQ(figure("http_outgoing_bytes"), 0);
  auto other = connect();
  EXPECT_NE(exchange(other, get("/events", "Last-Event-ID: 1\r\n")).find("data: news"),
            std::string::npos);
  EXPECT_EQ(figure("http_outgoing_bytes"), 0);
}

TEST_F(Slow, AnEventIsWeighedAsItIsWritten) {
  begin("/events");
  const std::string data(2000, '\n');
  const ServerEvent event{"", "", data};
  const Bytes result = actor.call(DeskActor::kSendEvent, host::arguments_of(id, event));
  EXPECT_EQ(result[1], static_cast<std::uint8_t>(host::GuestCode::kTooLarge)) << "14,000 bytes";
}

TEST_F(Slow, AnAnswerThatNobodyTakesEnds) {
  serve("slow = \"10s\"\n");
  client = connect();
  client.set_capacity(0);
  exchange(client, get("/now"));
  pass(seconds(14));
  EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(actor.seen, (Seen{"GET /now"}));
  pass(seconds(2));
  EXPECT_EQ(actor.overflowed, 1u) << "no event tells of it, so the chain does";
}

}  // namespace
}  // namespace theater::hosts::http_server
