// What concerns many requests, or many bytes, is done in parts, between which others have their
// turn (BLOCK-1): nobody is left out, nothing is answered twice, and what was asked for before a
// stop is still done.
#include <algorithm>

#include "hosts/http_server/chores.h"
#include "hosts/http_server/server_fixture.h"

namespace theater::hosts::http_server {
namespace {

struct Turns : ParkFixture {
  void respond_all(std::string_view body) {
    actor.call(DeskActor::kRespondAll, host::arguments_of(ids, DeskActor::response(body)));
  }
  std::size_t answered() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(clients, [](const auto& client) { return client.waiting() > 0; }));
  }
  /// The most bytes that one task has written to one client.
  std::size_t most_written(const io::MemoryClient& client) {
    std::size_t most = 0;
    for (std::size_t before = client.waiting(); executor.step(); before = client.waiting()) {
      most = std::max(most, client.waiting() - before);
    }
    return most;
  }
  /// How many answers are there when a task that is posted now has its turn.
  std::size_t answered_before_another() {
    std::size_t seen = SIZE_MAX;
    executor.post([&] { seen = answered(); });
    while (seen == SIZE_MAX) executor.step();
    return seen;
  }
};

TEST_F(Turns, AnAnswerOfManyMebibytesIsWrittenInParts) {
  serve();
  actor.now_body = std::string(12 << 20, 'a');
  auto client = connect();
  client.send(get("/now"));
  const std::size_t most = most_written(client);
  EXPECT_LE(most, host::kFlushBytesMax);
  EXPECT_EQ(brief(client.take()), "200 " + actor.now_body);
}

TEST_F(Turns, AnAnswerToAllGivesWay) {
  serve("inflight_max = 1000\n");
  park(600);
  respond_all("news");
  EXPECT_LE(answered_before_another(), kChoreStepsMax);
  EXPECT_LE(answered_before_another(), 2 * kChoreStepsMax);
  executor.run();
  for (auto& client : clients) ASSERT_EQ(brief(client.take()), "200 news");
  EXPECT_EQ(actor.respond(ids[0], "again")[0], 1);
  EXPECT_EQ(exchange(clients[0], get("/now")).substr(0, 12), "HTTP/1.1 200");
}

TEST_F(Turns, AnAnswerToAllIsGivenBeforeAStop) {
  serve("inflight_max = 1000\n");
  park(600);
  respond_all("last news");
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  for (auto& client : clients) ASSERT_EQ(brief(client.take()).substr(0, 3), "200");
  for (auto& client : clients) client.end();
  executor.run();
  EXPECT_EQ(actor.drained_count, 1);
}

struct Audience : Turns {
  /// So many streams that listen to the topic; the answers' heads are taken.
  void listen(std::size_t count) {
    serve("inflight_max = 1000\n");
    for (std::size_t i = 0; i < count; ++i) {
      clients.push_back(connect());
      exchange(clients.back(), get("/events"));
      clients.back().take();
      ids.push_back(actor.last_id);
    }
  }
  static ServerEvent event(std::string_view data) {
    ServerEvent event;
    event.data = data;
    return event;
  }
  void publish(std::string_view data) {
    actor.call(DeskActor::kPublish, host::arguments_of(std::string("news"), event(data)));
  }
  static std::vector<std::string> heard(io::MemoryClient& client) {
    std::vector<std::string> heard;
    const std::string text = client.take();
    for (std::size_t at = 0; (at = text.find("data: ", at)) != std::string::npos; at += 6) {
      heard.push_back(text.substr(at + 6, text.find('\n', at) - at - 6));
    }
    return heard;
  }
};

TEST_F(Audience, APublicationToManyGivesWay) {
  listen(300);
  for (auto& client : clients) client.set_capacity(0);
  const std::uint64_t before = instance->census().bytes;
  const std::string text(1000, 'p');
  publish(text);
  const std::uint64_t at_once = instance->census().bytes - before;
  EXPECT_GE(at_once, kChoreStepsMax * text.size());
  EXPECT_LT(at_once, (kChoreStepsMax + 1) * text.size() * 11 / 10);
  for (auto& client : clients) client.set_capacity(SIZE_MAX);
  executor.run();
  for (auto& client : clients) ASSERT_EQ(heard(client), std::vector<std::string>{text});
}

TEST_F(Audience, WhatIsWrittenComesBehindWhatWasPublishedBefore) {
  listen(300);
  publish("first");
  actor.call(DeskActor::kSendEvent, host::arguments_of(ids.back(), event("to one")));
  publish("second");
  actor.call(DeskActor::kFinish, host::arguments_of(ids.back()));
  executor.run();
  EXPECT_EQ(heard(clients.back()), (std::vector<std::string>{"first", "to one", "second"}));
  for (std::size_t i = 0; i + 1 < clients.size(); ++i) {
    ASSERT_EQ(heard(clients[i]), (std::vector<std::string>{"first", "second"}));
  }
}

TEST_F(Audience, ManyPublicationsComeOnceAndInOrder) {
  listen(200);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < 100; ++i) publish(all.emplace_back(fmt::format("{}", i)));
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  for (auto& client : clients) ASSERT_EQ(heard(client), all) << "also before a stop";
}

/// However many there are, none is finished at once; what finds no room is refused, not lost.
TEST_F(Audience, PublicationsBeyondTheirRoomAreRefused) {
  listen(200);
  std::vector<std::string> all;
  const auto is_taken = [&] {
    const auto text = fmt::format("{}", all.size());
    const Bytes answer =
        actor.call(DeskActor::kPublish, host::arguments_of(std::string("news"), event(text)));
    if (answer[0] == 0) all.push_back(text);
    return answer[0] == 0;
  };
  while (is_taken()) ASSERT_LE(all.size(), kChoresMax);
  EXPECT_EQ(all.size(), kChoresMax);
  EXPECT_EQ(clients.back().waiting(), 0u);
  executor.run();
  for (auto& client : clients) ASSERT_EQ(heard(client), all);
  EXPECT_TRUE(is_taken()) << "there is room again";
}

TEST_F(Turns, AnswersToAllBeyondTheirRoomAreRefused) {
  serve("inflight_max = 1000\nresponse_max = \"16MiB\"\n");
  park(2 * kChoreStepsMax);
  const std::string body(9 << 20, 'b');
  const auto is_taken = [&] {
    return actor.call(DeskActor::kRespondAll,
                      host::arguments_of(ids, DeskActor::response(body)))[0] == 0;
  };
  std::size_t taken = 0;
  while (is_taken()) ASSERT_LE(++taken * body.size(), kChoreBytesMax);
  EXPECT_EQ(taken, kChoreBytesMax / body.size());
  for (auto& client : clients) client.reset();
  executor.run();
  EXPECT_TRUE(is_taken()) << "there is room again";
}

TEST_F(Turns, AStopGivesWay) {
  serve("inflight_max = 1000\n");
  park(600);
  instance->stop(actor::StopMode::kDrain);
  EXPECT_LE(answered(), kChoreStepsMax);
  EXPECT_LE(answered_before_another(), 2 * kChoreStepsMax);
  executor.run();
  for (auto& client : clients) ASSERT_EQ(brief(client.take()), "503! the actor stops");
  for (auto& client : clients) client.end();
  executor.run();
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

/// Closing a socket takes microseconds of a system call.
TEST_F(Turns, AKillLetsAWorkerCloseManySockets) {
  serve("inflight_max = 1000\n");
  park(600);
  respond_all("never");
  instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(instance->census().is_empty());
  EXPECT_FALSE(clients.back().is_gone());
  executor.run();
  EXPECT_EQ(workers.done(), 1u);
  for (const auto& client : clients) ASSERT_TRUE(client.is_gone());
}

TEST_F(Turns, AKillClosesFewSocketsAtOnce) {
  serve();
  park(3);
  instance->stop(actor::StopMode::kKill);
  for (const auto& client : clients) EXPECT_TRUE(client.is_gone());
}

TEST_F(Turns, MoreRequestsThanThereCanBeAreRefused) {
  serve("connections_max = 10\n");
  ids.assign(11, 7);
  const Bytes result =
      actor.call(DeskActor::kRespondAll, host::arguments_of(ids, DeskActor::response("all")));
  EXPECT_EQ(result[1], static_cast<std::uint8_t>(host::GuestCode::kTooLarge));
}

}  // namespace
}  // namespace theater::hosts::http_server
