// Requests reach the guest and its answers the client: at once, later, as a stream; in order on
// one connection; each bound answers with its status and nothing beyond it happens.
#include "hosts/http_server/server_fixture.h"
#include "hosts/listener/limits.h"

namespace theater::hosts::http_server {
namespace {

TEST_F(HttpFixture, AnswersAtOnceAndKeepsTheConnection) {
  serve();
  auto client = connect();
  const std::string answer = exchange(client, get("/now?x=1", "X-A: b\r\n"));
  EXPECT_EQ(brief(answer), "200 hello");
  EXPECT_NE(answer.find("\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\ncontent-type: text/plain\r\n"), std::string::npos);
  EXPECT_EQ(brief(exchange(client, post("/now", "body"))), "200 hello");
  EXPECT_EQ(actor.seen, (Seen{"GET /now?x=1", "POST /now +4"}));
  EXPECT_FALSE(client.is_ended());
}

TEST_F(HttpFixture, AnswersPipelinedRequestsInOrder) {
  serve();
  auto client = connect();
  const std::string all = get("/now") + post("/none", "x") + get("/respond") + get("/now");
  EXPECT_EQ(brief(exchange(client, all)),
            "200 hello; 500 the actor did not answer: see event 42 of its chain; 200 responded; "
            "200 hello");
}

TEST_F(HttpFixture, HeadHasNoBodyAndOldClientsAreClosed) {
  serve();
  auto client = connect();
  const std::string head = exchange(client, "HEAD /now HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 6\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_EQ(brief(exchange(client, get("/now", "Connection: close\r\n"))), "200! hello");
  EXPECT_TRUE(client.is_ended());
  EXPECT_EQ(ask("GET /now HTTP/1.0\r\n\r\n"), "200! hello");
  auto old = connect();
  const std::string kept = "GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_NE(exchange(old, kept).find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_EQ(brief(exchange(old, kept)), "200 hello");
}

TEST_F(HttpFixture, ContinuesOnlyWhatItWants) {
  serve("body_max = \"10B\"\n");
  auto client = connect();
  const std::string head =
      "POST /now HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  EXPECT_EQ(exchange(client, head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(brief(exchange(client, "body")), "200 hello");
  auto large = connect();
  EXPECT_EQ(brief(exchange(large,
                           "POST /now HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
                           "Content-Length: 11\r\n\r\n")),
            "413! a body has at most 10 bytes");
  EXPECT_EQ(ask(post("/now", "0123456789")), "200 hello");
  EXPECT_EQ(ask("POST /now HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                "b\r\n0123456789a\r\n0\r\n\r\n"),
            "413! a body has at most 10 bytes");
}

TEST_F(HttpFixture, FailsWhatTheGuestFails) {
  serve();
  EXPECT_EQ(ask(get("/trap")), "500 the actor did not answer: see event 42 of its chain");
  EXPECT_EQ(ask(get("/none")), "500 the actor did not answer: see event 42 of its chain");
  EXPECT_EQ(ask(get("/bad")),
            "500 the actor's answer cannot be sent: the value of x has control characters");
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n"), "204");
  EXPECT_EQ(instance->census().connections, 4u);
}

TEST_F(HttpFixture, ParksUntilSomebodyResponds) {
  serve();
  auto client = connect();
  EXPECT_EQ(exchange(client, get("/later")), "");
  const std::uint64_t id = actor.last_id;
  EXPECT_EQ(actor.respond(id, "at last")[0], 0);
  executor.run();
  EXPECT_EQ(brief(client.take()), "200 at last");
  EXPECT_EQ(actor.respond(id, "again")[0], 1);  // not-found
  EXPECT_EQ(actor.seen, (Seen{"GET /later"}));
  EXPECT_EQ(brief(exchange(client, get("/now"))), "200 hello");
}

TEST_F(HttpFixture, AnswersManyAtOnceAndLeavesOutWhatIsOver) {
  serve();
  auto one = connect(), two = connect(), gone = connect();
  Ids ids;
  for (auto* client : {&one, &two, &gone}) {
    exchange(*client, get("/later"));
    ids.push_back(actor.last_id);
  }
  gone.end();
  executor.run();
  ids.push_back(ids[0]);  // twice, and one that never was
  ids.push_back(9);
  const Bytes result =
      actor.call(DeskActor::kRespondAll, host::arguments_of(ids, DeskActor::response("all")));
  EXPECT_EQ(result[0], 0);
  executor.run();
  EXPECT_EQ(brief(one.take()), "200 all");
  EXPECT_EQ(brief(two.take()), "200 all");
  EXPECT_EQ(actor.seen.back(), "ended (closed)");
}

TEST_F(HttpFixture, ParkedRequestsExpireWith204) {
  serve("hold = \"5s\"\n");
  auto client = connect();
  exchange(client, get("/later"));  // 10 s, held for 5
  pass(seconds(8));
  EXPECT_EQ(brief(client.take()), "204");
  EXPECT_EQ(actor.seen, (Seen{"GET /later", "ended (deadline)"}));
  EXPECT_EQ(actor.respond(actor.last_id, "late")[0], 1);
}

TEST_F(HttpFixture, AnswersWaitForTheirCommit) {
  serve();
  actor.is_holding = true;
  auto client = connect();
  EXPECT_EQ(exchange(client, get("/later")), "");
  // The guest may respond before its "later" is durable.
  const Bytes arguments = host::arguments_of(actor.last_id, DeskActor::response("early"));
  EXPECT_EQ(actor.only_call(DeskActor::kRespond, arguments)[0], 0);
  instance->settle(actor::Settlement::kCommitted);
  actor.release();
  instance->perform({DeskActor::kRespond, arguments, 0, Seq{43}, 0});
  executor.run();
  EXPECT_EQ(brief(client.take()), "200 early");
}

TEST_F(HttpFixture, AFailedInvocationResponds_Nothing) {
  serve();
  auto client = connect();
  exchange(client, get("/later"));
  const std::uint64_t id = actor.last_id;
  actor.only_call(DeskActor::kRespond, host::arguments_of(id, DeskActor::response("no")));
  instance->settle(actor::Settlement::kDiscarded);
  EXPECT_EQ(actor.respond(id, "yes")[0], 0);
  executor.run();
  EXPECT_EQ(brief(client.take()), "200 yes");
}

TEST_F(HttpFixture, StreamsChunksToTheirEnd) {
  serve();
  auto client = connect();
  EXPECT_EQ(brief(exchange(client, get("/raw"))), "200 3\r\nraw\r");
  const std::uint64_t id = actor.last_id;
  actor.call(DeskActor::kWrite, host::arguments_of(id, to_bytes(as_bytes(" more"))));
  actor.call(DeskActor::kWrite, host::arguments_of(id, Bytes()));
  executor.run();
  EXPECT_EQ(client.take(), "5\r\n more\r\n");
  EXPECT_EQ(actor.respond(id, "no")[0], 1);
  actor.call(DeskActor::kFinish, host::arguments_of(id));
  executor.run();
  EXPECT_EQ(client.take(), "0\r\n\r\n");
  EXPECT_EQ(actor.seen, (Seen{"GET /raw", "ended"}));
  EXPECT_EQ(brief(exchange(client, get("/now"))), "200 hello");
  EXPECT_EQ(ask("HEAD /raw HTTP/1.1\r\nHost: t\r\n\r\n"), "200");
  EXPECT_EQ(actor.seen.back(), "ended");
}

ServerEvent event(std::string_view id, std::string_view data) { return {id, "", data}; }

TEST_F(HttpFixture, PublishesEventsAndRemembersThem) {
  serve("ring_items = 2\n");
  auto client = connect();
  const std::string head = exchange(client, get("/events"));
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Cache-Control: no-cache\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("d\r\nretry: 2000\n\n\r\n")) << head;
  for (const char* id : {"1", "2", "3"}) {
    actor.call(DeskActor::kPublish, host::arguments_of(std::string("news"), event(id, "a\nb")));
  }
  executor.run();
  EXPECT_EQ(client.take(),
            "17\r\nid: 1\ndata: a\ndata: b\n\n\r\n17\r\nid: 2\ndata: a\ndata: b\n\n\r\n"
            "17\r\nid: 3\ndata: a\ndata: b\n\n\r\n");
  const auto tail = [&](std::string_view last) {
    auto other = connect();
    std::string text = exchange(other, get("/events", fmt::format("Last-Event-ID: {}\r\n", last)));
    return text.substr(text.find("2000") + 8);
  };
  EXPECT_EQ(tail("3"), "");
  EXPECT_EQ(tail("2"), "17\r\nid: 3\ndata: a\ndata: b\n\n\r\n");
  EXPECT_EQ(tail("1"), "12\r\nevent: gap\ndata:\n\n\r\n");
  pass(seconds(20));
  EXPECT_EQ(client.take(), "3\r\n:\n\n\r\n");
}

TEST_F(HttpFixture, AClientThatGoesIsAnEventOnlyIfTheGuestWaitsForIt) {
  serve();
  for (const char* path : {"/later", "/raw", "/events"}) {
    auto client = connect();
    exchange(client, get(path));
    client.end();
    executor.run();
    EXPECT_EQ(actor.seen.back(), "ended (closed)") << path;
    EXPECT_TRUE(client.is_gone());
  }
  actor.seen.clear();
  actor.is_asleep = true;
  auto queued = connect();
  exchange(queued, get("/later"));
  queued.reset();
  executor.run();
  actor.wake();
  executor.run();
  EXPECT_EQ(actor.seen, (Seen{"GET /later", "ended (closed)"}));
  auto now = connect();
  actor.is_asleep = true;
  exchange(now, get("/now"));
  now.reset();
  executor.run();
  actor.wake();
  executor.run();
  EXPECT_EQ(actor.seen.back(), "GET /now");
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(HttpFixture, AHalfClosedClientStillGetsItsAnswer) {
  serve();
  auto client = connect();
  client.send(get("/now") + get("/now"));
  client.end();
  executor.run();
  EXPECT_EQ(brief(client.take()), "200 hello; 200! hello");
  EXPECT_TRUE(client.is_gone());
}

TEST_F(HttpFixture, SlowHeadsAndBodiesGet408) {
  serve("body_wait = \"20s\"\n");
  auto head = connect();
  auto body = connect();
  exchange(head, get("/now"));
  head.send("GET / HT");
  exchange(body, "POST /now HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc");
  pass(seconds(13));
  EXPECT_EQ(brief(head.take()), "408! the head took too long");
  EXPECT_EQ(body.take(), "");
  pass(seconds(10));
  EXPECT_EQ(brief(body.take()), "408! the body took too long");
  EXPECT_EQ(actor.seen, (Seen{"GET /now"}));
}

TEST_F(HttpFixture, IdleConnectionsAreClosed) {
  serve("keep_alive = \"5s\"\n");
  auto client = connect();
  exchange(client, get("/now"));
  pass(seconds(8));
  EXPECT_TRUE(client.is_ended());
  client.end();
  executor.run();
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(HttpFixture, ALateActorIs504AndItsAnswerIsDropped) {
  serve("handler = \"5s\"\n");
  actor.is_asleep = true;
  auto now = connect();
  auto later = connect();
  exchange(now, get("/now"));
  exchange(later, get("/later"));
  pass(seconds(8));
  EXPECT_EQ(brief(now.take()), "504 the actor took too long");
  EXPECT_EQ(brief(later.take()), "504 the actor took too long");
  actor.wake();
  executor.run();
  EXPECT_EQ(now.take(), "");
  EXPECT_EQ(actor.seen, (Seen{"GET /now", "GET /later", "ended (deadline)"}));
  EXPECT_EQ(brief(exchange(now, get("/now"))), "200 hello");
}

TEST_F(HttpFixture, EachBoundRefusesOneMore) {
  serve("inflight_max = 2\nparked_max = 1\nstreams_max = 1\nclient_max = 3\n");
  actor.is_asleep = true;
  auto one = connect(), two = connect(), three = connect();
  exchange(one, get("/later"));
  exchange(two, get("/later"));
  const std::string refused = exchange(three, get("/now"));
  EXPECT_EQ(brief(refused), "503 too many requests are in flight");
  EXPECT_NE(refused.find("Retry-After: 1\r\n"), std::string::npos);
  actor.wake();
  executor.run();
  EXPECT_EQ(brief(two.take()), "503 too many requests are parked");
  EXPECT_EQ(actor.seen, (Seen{"GET /later", "GET /later", "ended (full)"}));
  EXPECT_EQ(brief(exchange(two, get("/events"))).substr(0, 3), "200");
  EXPECT_EQ(brief(exchange(three, get("/events"))), "503 too many streams");
  auto four = connect();
  exchange(three, get("/raw"));
  pass(seconds(2));
  EXPECT_EQ(actor.overflowed, 4u);
}

TEST_F(HttpFixture, OneClientMayNotHaveEverything) {
  serve("client_max = 1\n");
  auto one = connect(), two = connect();
  exchange(one, get("/later"));
  EXPECT_EQ(brief(exchange(two, get("/now"))), "429 too many requests of one client");
  one.end();
  executor.run();
  EXPECT_EQ(brief(exchange(two, get("/now"))), "200 hello");
}

TEST_F(HttpFixture, BodiesThatDoNotComeKeepNobodyElseOut) {
  serve("inflight_max = 8\n");
  const std::string most =
      post("/now", "123456789").substr(0, post("/now", "123456789").size() - 1);
  std::vector<io::MemoryClient> slow;
  for (int i = 0; i < 4; ++i) {
    slow.push_back(network.connect(std::string(kListen), fmt::format("[2001:db8::{}]:80", i)));
    slow.back().send(most);
    executor.run();
  }
  EXPECT_EQ(brief(slow[2].take()), "429! too many bodies of one client are being read");
  EXPECT_EQ(brief(slow[3].take()).substr(0, 3), "429");
  auto other = network.connect(std::string(kListen), "[2001:db8:0:1::1]:80");
  EXPECT_EQ(brief(exchange(other, post("/now", "x"))), "200 hello");
  EXPECT_EQ(brief(exchange(slow[0], "9")), "200 hello");
  slow[1].reset();
  executor.run();
  auto next = network.connect(std::string(kListen), "[2001:db8::9]:80");
  EXPECT_EQ(brief(exchange(next, post("/now", "x"))), "200 hello") << "there is room again";
}

TEST_F(HttpFixture, WhoSaysNothingKeepsNobodyElseOut) {
  serve();
  std::vector<io::MemoryClient> silent;
  for (std::size_t i = 0; i < listener::kReceptionsMax + 100; ++i) {
    silent.push_back(network.connect(std::string(kListen), fmt::format("192.0.2.1:{}", i)));
  }
  executor.run();
  auto other = network.connect(std::string(kListen), "192.0.2.2:80");
  EXPECT_EQ(brief(exchange(other, get("/now"))), "200 hello");
  EXPECT_TRUE(silent.front().is_gone());
  EXPECT_EQ(brief(exchange(silent.back(), get("/now"))), "200 hello");
}

TEST_F(HttpFixture, AFullQueueIs503) {
  serve("queue_items = 1\n");
  actor.is_asleep = true;
  auto one = connect(), two = connect();
  exchange(one, get("/now"));
  EXPECT_EQ(brief(exchange(two, get("/now"))), "503 too much waits for the actor");
  actor.wake();
  executor.run();
  EXPECT_EQ(brief(one.take()), "200 hello");
  EXPECT_EQ(brief(exchange(two, get("/now"))), "200 hello");
}

TEST_F(HttpFixture, TooManyConnectionsAreTurnedAway) {
  serve("connections_max = 1\n");
  auto one = connect();
  exchange(one, get("/now"));
  EXPECT_EQ(ask(get("/now")), "503! too many connections");
}

TEST_F(HttpFixture, OtherPathsAreNotItsOwn) {
  serve("path = \"/api\"\n");
  EXPECT_EQ(ask(get("/api/now")).substr(0, 3), "500");
  EXPECT_EQ(ask(get("/apis")).substr(0, 4), "404!");
  EXPECT_EQ(ask("HEAD /other HTTP/1.1\r\nHost: t\r\n\r\n"), "404!");
  auto client = connect();
  exchange(client, get("/api"));
  EXPECT_EQ(brief(exchange(client, get("/.theater/head"))).substr(0, 34),
            "200! {\"actor\":\"desk\",\"seq\":7,\"head");
  EXPECT_EQ(actor.seen, (Seen{"GET /api/now", "GET /api"}));
}

TEST_F(HttpFixture, AKeptConnectionFollowsItsRequests) {
  serve("path = \"/now\"\n");
  DeskActor other(services);
  other.who.name = "other";
  other.now_body = "deeper\n";
  auto second = make(other, "path = \"/now/deep\"\n");
  ASSERT_TRUE(second->recover());
  auto client = connect();
  EXPECT_EQ(brief(exchange(client, get("/now") + get("/now/deep/x") + get("/now"))),
            "200 hello; 200 deeper; 200 hello");
  EXPECT_EQ(other.seen, (Seen{"GET /now/deep/x"}));
  EXPECT_EQ(second->census().connections, 0u);
  second->stop(actor::StopMode::kKill);
  EXPECT_EQ(brief(exchange(client, get("/now/deep/x"))), "200 hello");
}

TEST_F(HttpFixture, ListsTheRequestsThatWaitForTheActor) {
  serve();
  auto parked = connect(), streamed = connect(), idle = connect();
  exchange(parked, get("/later?" + std::string(kTargetToldMax, 'x')));
  pass(seconds(1));
  exchange(streamed, get("/events"));
  exchange(idle, get("/now"));
  const auto list = [&](std::size_t most) {
    std::vector<actor::RequestView> views;
    const std::size_t more = instance->list_requests(views, most);
    return std::pair(views, more);
  };
  const auto [views, more] = list(10);
  ASSERT_EQ(views.size(), 2u);
  EXPECT_EQ(more, 0u);
  EXPECT_EQ(views[0].phase, "parked");
  EXPECT_EQ(views[0].text, "GET /later?" + std::string(kTargetToldMax - 7, 'x'));
  EXPECT_EQ(views[0].family, &instance->info());
  ASSERT_TRUE(views[0].deadline);
  EXPECT_GT(*views[0].deadline, clock.wall());
  EXPECT_EQ(views[1].phase, "streaming");
  EXPECT_EQ(views[1].text, "GET /events");
  EXPECT_FALSE(views[1].deadline);
  EXPECT_EQ(views[1].since.since_epoch - views[0].since.since_epoch, seconds(1));
  EXPECT_EQ(list(1).first.size(), 1u);
  EXPECT_EQ(list(1).second, 1u);
  actor.respond(views[0].id, "now");
  executor.run();
  EXPECT_EQ(list(10).first.size(), 1u);
}

}  // namespace
}  // namespace theater::hosts::http_server
