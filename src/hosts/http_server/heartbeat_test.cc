// Who listens to events and hears nothing is sent a comment after the silence, and again; nobody is
// while something was sent, while bytes wait for its client, or after the end; no other stream is.
#include <algorithm>

#include "hosts/http_server/server_fixture.h"

namespace theater::hosts::http_server {
namespace {

constexpr std::string_view kHeartbeat = "3\r\n:\n\n\r\n";

struct Heartbeats : HttpFixture {
  io::MemoryClient client;
  std::uint64_t id = 0;
  void listen(std::string_view path = "/events") {
    serve(
        "heartbeat = \"15s\"\nslow = \"60s\"\nout_high = \"4KiB\"\nout_low = \"1KiB\"\n"
        "topic_bytes = \"64KiB\"\n");
    client = connect();
    exchange(client, get(path));
    id = actor.last_id;
  }
  /// What the client is sent meanwhile; time passes second by second, as deadlines are looked at.
  std::string hear(int span_seconds) {
    std::string heard;
    for (int i = 0; i < span_seconds; ++i) {
      pass(seconds(1));
      heard += client.take();
    }
    return heard;
  }
  void publish(const std::string& data) {
    actor.call(DeskActor::kPublish,
               host::arguments_of(std::string("news"), ServerEvent{"", "", data}));
    executor.run();
  }
};

TEST_F(Heartbeats, ComeAfterEachSilence) {
  listen();
  EXPECT_EQ(hear(14), "");
  EXPECT_EQ(hear(2), kHeartbeat);
  EXPECT_EQ(hear(13), "");
  EXPECT_EQ(hear(2), kHeartbeat);
  EXPECT_EQ(hear(150).size(), 10 * kHeartbeat.size());
  EXPECT_EQ(actor.seen, Seen{"GET /events"}) << "the guest is not told";
}

TEST_F(Heartbeats, DoNotComeWhereSomethingWasSent) {
  listen();
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(hear(10), "");
    publish("news");
    EXPECT_EQ(client.take(), "c\r\ndata: news\n\n\r\n");
  }
  EXPECT_EQ(hear(14), "");
  EXPECT_EQ(hear(2), kHeartbeat);
}

TEST_F(Heartbeats, DoNotComeWhileTheStreamIsCongested) {
  listen();
  client.set_capacity(0);
  publish(std::string(8000, 'd'));
  EXPECT_EQ(actor.seen.back(), "congested");
  EXPECT_EQ(hear(40), "");
  client.set_capacity(1 << 20);
  executor.run();
  const std::string heard = client.take();
  EXPECT_TRUE(heard.ends_with("d\n\n\r\n")) << "only what was published";
  EXPECT_EQ(heard.find(":\n\n"), std::string::npos);
  EXPECT_EQ(actor.seen.back(), "drained");
  EXPECT_EQ(hear(14), "");
  EXPECT_EQ(hear(2), kHeartbeat);
}

/// One that is not taken is not followed by others; who takes none is cut off like any other.
TEST_F(Heartbeats, DoNotPileUpBeforeAClientThatDoesNotRead) {
  listen();
  client.set_capacity(0);
  EXPECT_EQ(hear(50), "");
  client.set_capacity(1 << 20);
  executor.run();
  EXPECT_EQ(client.take(), kHeartbeat);
  client.set_capacity(0);
  hear(80);
  EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(actor.seen.back(), "ended (full)");
}

TEST_F(Heartbeats, DoNotComeAfterTheEnd) {
  listen();
  actor.call(DeskActor::kFinish, host::arguments_of(id));
  executor.run();
  EXPECT_EQ(client.take(), "0\r\n\r\n");
  EXPECT_EQ(hear(50), "") << "the connection waits for the next request";
  EXPECT_EQ(brief(exchange(client, get("/now"))), "200 hello");
  exchange(client, get("/events"));
  client.reset();
  EXPECT_EQ(hear(50), "");
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(Heartbeats, DoNotComeInOtherStreams) {
  listen("/raw");
  EXPECT_EQ(hear(50), "");
  EXPECT_FALSE(client.is_gone());
}

/// Others have their turn in between (BLOCK-1).
TEST_F(Heartbeats, ComeToManyInParts) {
  listen();
  std::vector<io::MemoryClient> clients;
  for (std::size_t i = 0; i < 2 * host::kLooksMax; ++i) {
    clients.push_back(connect());
    exchange(clients.back(), get("/events"));
  }
  const auto heard = [&] {
    return static_cast<std::size_t>(
        std::ranges::count_if(clients, [](const auto& one) { return one.waiting() > 0; }));
  };
  while (heard() == 0) {
    executor.run();
    clock.advance(executor.next_timer());
    executor.step_timer();
  }
  for (std::size_t before = 0, now = heard(); now < clients.size(); before = now, now = heard()) {
    ASSERT_LE(now - before, host::kLooksMax);
    ASSERT_TRUE(executor.step()) << now;
  }
  for (auto& one : clients) EXPECT_EQ(one.take(), kHeartbeat);
}

}  // namespace
}  // namespace theater::hosts::http_server
