// Bodies in parts come as far as credit and the queue allow, and no further; who waits for the
// queue is read again when it has room; each event that must come has room kept for it.
#include "hosts/http_server/server_fixture.h"

namespace theater::hosts::http_server {
namespace {

std::string parts_head(std::size_t size) {
  return fmt::format("POST /none HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n", size);
}

struct Parts : HttpFixture {
  io::MemoryClient client;
  void begin(std::string_view grant, std::string_view bytes) {
    serve("body = \"parts\"\n" + std::string(grant));
    client = connect();
    client.send(bytes);
    executor.run();
  }
  /// The bytes of all parts that the actor has taken.
  std::size_t taken() const {
    std::size_t total = 0;
    for (const std::string& seen : actor.seen) {
      if (seen.starts_with("part ")) total += std::stoul(seen.substr(5));
    }
    return total;
  }
};

TEST_F(Parts, ComeByCredit) {
  begin("part_credit = \"10B\"\n",
        "POST /later HTTP/1.1\r\nHost: t\r\nContent-Length: 25\r\n\r\n" + std::string(25, 'a'));
  EXPECT_EQ(actor.seen, (Seen{"POST /later", "part 10"}));
  const std::uint64_t id = actor.last_id;
  actor.call(DeskActor::kMore, host::arguments_of(id, std::uint32_t{12}));
  executor.run();
  actor.call(DeskActor::kMore, host::arguments_of(id, std::uint32_t{100}));
  executor.run();
  EXPECT_EQ(actor.seen, (Seen{"POST /later", "part 10", "part 12", "part 3", "complete"}));
  actor.respond(id, "got it");
  executor.run();
  EXPECT_EQ(brief(client.take()), "200 got it");
  EXPECT_EQ(brief(exchange(client, get("/now"))), "200 hello");
  EXPECT_EQ(actor.seen.back(), "complete");
}

TEST_F(Parts, ComeInChunks) {
  begin("", "POST /later HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  exchange(client, "3\r\nabc\r\n");
  exchange(client, "2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(actor.seen, (Seen{"POST /later", "part 3", "part 2", "complete"}));
}

/// Who counts the bytes gives no credit beyond the last one, and hears that it was the last.
TEST_F(Parts, TheEndNeedsNoCredit) {
  begin("part_credit = \"10B\"\n",
        "POST /later HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n" + std::string(10, 'a'));
  EXPECT_EQ(actor.seen, (Seen{"POST /later", "part 10", "complete"}));
  auto other = connect();
  exchange(other, "POST /later HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  exchange(other, "c\r\n" + std::string(10, 'a'));
  const std::uint64_t id = actor.last_id;
  EXPECT_EQ(actor.seen.back(), "part 10");
  exchange(other, "bb\r\n0\r\n\r\n");
  EXPECT_EQ(actor.seen.back(), "part 10") << "two bytes are beyond the credit";
  actor.call(DeskActor::kMore, host::arguments_of(id, std::uint32_t{2}));
  executor.run();
  EXPECT_EQ(Seen(actor.seen.end() - 2, actor.seen.end()), (Seen{"part 2", "complete"}));
}

TEST_F(Parts, AnAnswerBeforeTheEndClosesTheConnection) {
  begin("", parts_head(100) + "abc");
  EXPECT_EQ(brief(client.take()), "500! the actor did not answer: see event 42 of its chain");
  EXPECT_TRUE(client.is_ended());
}

TEST_F(Parts, ABrokenBodyIsTheEnd) {
  begin("", "POST /later HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd");
  EXPECT_EQ(brief(client.take()), "400! a chunk is longer or shorter than its size");
  EXPECT_EQ(actor.seen, (Seen{"POST /later", "part 3", "ended (protocol)"}));
  auto other = connect();
  exchange(other, "POST /later HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc");
  other.end();
  executor.run();
  EXPECT_EQ(actor.seen.back(), "ended (closed)");
}

TEST_F(Parts, WaitForTheQueue) {
  const std::string body(400'000, 'b');
  serve(
      "body = \"parts\"\npart_credit = \"1MiB\"\nbody_max = \"1KiB\"\nqueue_bytes = \"300KiB\"\n");
  client = connect();
  actor.is_asleep = true;
  client.send(
      fmt::format("POST /later HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n", body.size()) +
      body);
  executor.run();
  EXPECT_LE(instance->census().bytes, 600'000u);
  actor.wake();
  executor.run();
  EXPECT_EQ(taken(), body.size());
  EXPECT_EQ(actor.seen.back(), "complete");
}

/// While the queue is full nothing goes round in circles, whatever becomes of others.
TEST_F(Parts, ManyWaitForTheQueueAndNobodyRuns) {
  constexpr int kMany = 2 * host::kResumesMax;
  const std::string body(100'000, 'b');
  serve(
      "body = \"parts\"\npart_credit = \"1MiB\"\nbody_max = \"1KiB\"\nqueue_bytes = \"300KiB\"\n" +
      fmt::format("inflight_max = {}\n", kMany));
  actor.is_asleep = true;
  std::vector<io::MemoryClient> many;
  std::string head = "POST /later HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n";
  for (int i = 0; i < kMany; ++i) {
    many.push_back(network.connect(std::string(kListen), fmt::format("[2001:db8:{}::1]:80", i)));
    many.back().send(head + body);
    executor.run();
  }
  client = connect();
  client.send(get("/now"));
  for (int steps = 0; executor.step(); ++steps) ASSERT_LE(steps, 100);
  EXPECT_EQ(brief(client.take()), "503 too many requests are in flight");
  actor.wake();
  executor.run();
  EXPECT_EQ(taken(), kMany * body.size());
}

/// There is room for each event that must come, however often others came before.
TEST_F(Parts, TheEndIsToldThoughAStreamWasCongestedAgainAndAgain) {
  begin("out_high = \"4KiB\"\nout_low = \"1KiB\"\nout_hard = \"8KiB\"\n",
        "POST /raw HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
  const std::uint64_t id = actor.last_id;
  for (int i = 0; i < 3; ++i) {
    client.set_capacity(0);
    actor.call(DeskActor::kWrite, host::arguments_of(id, Bytes(5000, 'x')));
    executor.run();
    EXPECT_EQ(actor.seen.back(), "congested");
    client.set_capacity(1 << 20);
    client.take();
    executor.run();
    EXPECT_EQ(actor.seen.back(), "drained");
  }
  exchange(client, "1234567");
  EXPECT_EQ(actor.seen.back(), "complete");
  actor.call(DeskActor::kFinish, host::arguments_of(id));
  executor.run();
  EXPECT_EQ(actor.seen.back(), "ended");
}

/// Nobody takes it any more; the client takes the answer slowly.
TEST_F(Parts, OfWhatComesBehindAnEarlyAnswerLittleIsHeld) {
  actor.now_body = std::string(1 << 20, 'a');
  begin("", "");
  client.set_capacity(0);
  exchange(client, "POST /now HTTP/1.1\r\nHost: t\r\nContent-Length: 10000000\r\n\r\nabc");
  const std::uint64_t before = instance->census().bytes;
  for (int i = 0; i < 50; ++i) exchange(client, std::string(60'000, 'b'));
  EXPECT_LE(instance->census().bytes, before + 3 * kScratchBytes);
}

TEST_F(Parts, MoreNeedsAGrant) {
  serve();
  exchange(client = connect(), get("/later"));
  EXPECT_EQ(actor.call(DeskActor::kMore, host::arguments_of(actor.last_id, std::uint32_t{1}))[0],
            1);
}

}  // namespace
}  // namespace theater::hosts::http_server
