// Whatever state requests are in, and whichever call fails: after stop nothing is held, a request
// the guest waits for ends once, and a restart tells of those that were cut off (END-1).
#include <algorithm>

#include "hosts/http_server/server_fixture.h"

namespace theater::hosts::http_server {
namespace {

/// One client in each state that can be held up.
struct HttpCrowd : HttpFixture {
  std::vector<io::MemoryClient> clients;
  enum Who : std::size_t { kIdle, kReading, kParked, kStreaming, kWriting, kLingering, kQueued };
  void gather() {
    serve();
    actor.now_body = std::string(100'000, 'w');
    const std::string requests[] = {
        get("/respond"), "POST /now HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc",
        get("/later"),   get("/events"),
        get("/now"),     get("/respond", "Connection: close\r\n")};
    for (const std::string& request : requests) {
      clients.push_back(connect());
      if (clients.size() - 1 == kWriting) clients.back().set_capacity(1000);
      clients.back().send(request);
      executor.run();
    }
    actor.is_asleep = true;
    clients.push_back(connect());
    clients.back().send(get("/respond"));
    clients.push_back(connect());
    clients.back().send("GET / HT");  // in reception
    executor.run();
    for (auto& client : clients) {
      if (&client != &clients[kWriting]) client.take();
    }
  }
};

TEST_F(HttpCrowd, KillReleasesEverythingAtOnce) {
  gather();
  EXPECT_EQ(instance->census().connections, 7u);
  instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(instance->census().is_empty());
  for (const auto& client : clients) EXPECT_TRUE(client.is_gone());
  executor.run();
  EXPECT_EQ(executor.timer_count(), 0u);
  EXPECT_FALSE(network.is_listening(std::string(kListen)));
}

TEST_F(HttpCrowd, DrainFinishesWhatItHasAndRefusesTheRest) {
  gather();
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  EXPECT_TRUE(clients[kIdle].is_ended());
  EXPECT_EQ(brief(clients[kReading].take()), "503! the actor stops");
  EXPECT_EQ(brief(clients[kParked].take()), "503! the actor stops");
  EXPECT_EQ(clients[kStreaming].take(), "0\r\n\r\n");
  EXPECT_EQ(actor.drained_count, 0);
  actor.wake();
  executor.run();
  EXPECT_EQ(brief(clients[kQueued].take()), "200! responded");
  clients[kWriting].set_capacity(1 << 20);
  EXPECT_EQ(clients[kWriting].take().size(), 1000u);
  executor.run();
  EXPECT_GT(clients[kWriting].take().size(), 99'000u);
  pass(seconds(6));
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
  EXPECT_EQ(executor.timer_count(), 0u);
}

TEST_F(HttpFixture, OnceTheGuestIsToldOfTheEndNewRequestsAreRefusedAndTheOthersAnswered) {
  serve();
  auto kept = connect(), parked = connect(), handled = connect();
  EXPECT_EQ(brief(exchange(kept, get("/now"))), "200 hello");
  exchange(parked, get("/later"));
  const std::uint64_t parked_id = actor.last_id;
  actor.is_asleep = true;
  exchange(handled, get("/now") + get("/now"));
  instance->expect_stop(actor::EndReason::kStop);
  EXPECT_EQ(ask(get("/now")), "503! the actor stops");
  EXPECT_EQ(brief(exchange(kept, get("/now"))), "503! the actor stops");
  EXPECT_TRUE(kept.is_ended());
  actor.wake();
  executor.run();
  EXPECT_EQ(brief(handled.take()), "200! hello") << "what it had sent ahead is not begun";
  actor.respond(parked_id, "in time");
  executor.run();
  EXPECT_EQ(brief(parked.take()), "200! in time");
  instance->stop(actor::StopMode::kDrain);
  pass(seconds(6));
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

TEST_F(HttpFixture, WhatIsParkedOrStreamedByAnActorThatStopsEndsAtOnce) {
  serve();
  auto parked = connect(), streamed = connect();
  actor.is_asleep = true;
  exchange(parked, get("/later"));
  exchange(streamed, get("/raw"));
  instance->stop(actor::StopMode::kDrain);
  actor.wake();
  executor.run();
  EXPECT_EQ(brief(parked.take()), "503! the actor stops");
  EXPECT_TRUE(streamed.take().ends_with("0\r\n\r\n"));
  pass(seconds(6));
  EXPECT_EQ(actor.drained_count, 1);
}

TEST_F(HttpFixture, AnActorWithoutConnectionsDrainsAtOnce) {
  serve();
  instance->stop(actor::StopMode::kDrain);
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

/// A short session; whatever fails in it, its ends must add up.
void session(HttpFixture& it) {
  auto one = it.connect();
  one.send(get("/now") + get("/later"));
  it.executor.run();
  auto two = it.connect();
  two.send(post("/events", "abc"));
  it.executor.run();
  two.end();
  it.executor.run();
  auto three = it.connect();
  three.send(get("/raw"));
  it.executor.run();
  it.actor.call(DeskActor::kFinish, host::arguments_of(it.actor.last_id));
  it.executor.run();
  three.reset();
  one.reset();
  it.executor.run();
}

TEST_F(HttpFixture, EachCallFailsOnceAndTheOthersGoOn) {
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
    pass(seconds(70));
    const auto count = [&](std::string_view word) {
      return std::ranges::count_if(actor.seen,
                                   [&](const auto& event) { return event.starts_with(word); });
    };
    const auto waiting = count("GET /later") + count("POST /events") + count("GET /raw");
    EXPECT_EQ(waiting, count("ended")) << "call " << n;
    EXPECT_EQ(instance->census().connections, 0u) << "call " << n;
    EXPECT_EQ(instance->census().descriptors, 1u) << "call " << n;
    EXPECT_EQ(instance->census().bytes, 0u) << "call " << n;
  }
}

TEST_F(HttpFixture, ARestartReportsWhatTheGuestHadInHandAsInterrupted) {
  serve();
  auto parked = connect(), answered = connect();
  exchange(parked, get("/later"));
  exchange(answered, get("/now"));
  const Bytes saved = instance->save();
  const std::uint64_t last = actor.last_id;
  instance->stop(actor::StopMode::kKill);

  DeskActor next(services);
  auto fresh = make(next);
  ASSERT_TRUE(fresh->load(saved));
  const auto arrived = [&](std::uint64_t id) {
    http::RequestMessage request{"GET", "/", {}, {}};
    return event_bytes<Payload::kRequest>(id, Payload::Arrived{"p", request});
  };
  // After the snapshot: one answered now, one parked, one forgotten, one responded to later.
  for (std::uint64_t n = 1; n <= 4; ++n) ASSERT_TRUE(fresh->fold_event(arrived(last + n)));
  const Answers answers{{last + 1, Answer{DeskActor::response("x")}},
                        {last + 2, Answer{std::uint32_t{9}}},
                        {last + 4, Answer{std::uint32_t{9}}}};
  ASSERT_TRUE(
      fresh->fold_effect({DeskActor::kAnswers, wasm::to_binary(answers), 0, Seq{3}, 0}, {}));
  const Bytes arguments = host::arguments_of(last + 4, DeskActor::response("x"));
  ASSERT_TRUE(fresh->fold_effect({DeskActor::kRespond, arguments, 0, Seq{4}, 0}, {}));
  ASSERT_TRUE(fresh->recover());
  executor.run();
  EXPECT_EQ(next.seen, (Seen{"ended (interrupted)", "ended (interrupted)"}));
  EXPECT_EQ(next.last_id, last + 2);
  EXPECT_EQ(next.respond(last + 2, "late")[0], 1);
  auto client = connect();
  EXPECT_EQ(brief(exchange(client, get("/now"))), "200 hello");
  EXPECT_EQ(next.last_id, last + 5);
  fresh->stop(actor::StopMode::kKill);
}

}  // namespace
}  // namespace theater::hosts::http_server
