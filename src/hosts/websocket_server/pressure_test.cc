// Nothing grows without bound: a flooding client is read no further than its credit and the
// queue's high mark; a slow client makes its sender see congested, full and at last its end;
// silence, exhausted descriptors and crowds are answered as the limits say.
#include "hosts/websocket_server/server_fixture.h"

namespace theater::hosts::websocket_server {
namespace {

using Seen = std::vector<std::string>;

std::string messages(int count, std::size_t size) {
  std::string all;
  for (int i = 0; i < count; ++i) all += client_frame(Opcode::kBinary, std::string(size, 'm'));
  return all;
}

TEST_F(ServerFixture, ReadsNoFurtherThanTheCreditOfAConnection) {
  serve("credit_messages = 4\n");
  auto client = open();
  actor.is_asleep = true;
  client.send(messages(100, 10));
  executor.run();
  EXPECT_EQ(static_cast<Instance&>(*instance).queue_counters().depth, 4u);
  actor.wake();
  executor.run();
  EXPECT_EQ(actor.echoed, 100u);
  EXPECT_EQ(client.take().size(), 100 * 12u);
}

TEST_F(ServerFixture, ReadsNobodyAboveTheHighMarkOfTheQueue) {
  serve("queue_items = 8\n");
  std::vector<io::MemoryClient> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(open());
  actor.is_asleep = true;
  for (auto& client : clients) client.send(messages(5, 10));
  executor.run();
  EXPECT_LE(static_cast<Instance&>(*instance).queue_counters().depth, 8u);
  EXPECT_EQ(static_cast<Instance&>(*instance).queue_counters().refused, 0u);
  actor.wake();
  executor.run();
  EXPECT_EQ(actor.echoed, 50u);
  EXPECT_EQ(actor.overflows, 0);
}

TEST_F(ServerFixture, LetsNobodyInWhileOpeningsFillTheQueue) {
  constexpr std::size_t kHead = 16 * 1024, kQueue = 68 * 1024;
  serve("message_max = \"1KiB\"\nqueue_bytes = \"68KiB\"\n");
  actor.is_asleep = true;
  const std::string request = upgrade_request("/", "X-Filler: " + std::string(kHead, 'x') + "\r\n");
  std::vector<io::MemoryClient> clients;
  std::string answer;
  while (clients.size() < 20) {
    clients.push_back(connect());
    answer = exchange(clients.back(), request);
    if (!answer.starts_with("HTTP/1.1 101 ")) break;
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_LE(static_cast<Instance&>(*instance).queue_counters().bytes, kQueue + 2 * kHead);
  EXPECT_EQ(clients.size(), 6u);
  actor.wake();
  executor.run();
  EXPECT_EQ(actor.seen.size(), 5u);
  open();
}

TEST_F(ServerFixture, ASlowClientIsCongestedFullThenDrained) {
  serve("out_high = \"10KiB\"\nout_low = \"1KiB\"\nout_hard = \"16KiB\"\nmessage_max = \"4KiB\"\n");
  auto client = open();
  client.set_capacity(0);
  const Bytes send = host::arguments_of(actor.last_id, Message{ByteSpan(Bytes(4096, 1))});
  for (int i = 0; i < 3; ++i) {  // it is stuck before it is congested
    EXPECT_EQ(actor.call(EchoActor::kSend, send)[0], 0);
    executor.run();
  }
  EXPECT_EQ(actor.seen.back(), "congested");
  EXPECT_EQ(actor.call(EchoActor::kSend, send)[1],
            static_cast<std::uint8_t>(host::GuestCode::kFull));
  client.set_capacity(SIZE_MAX);
  executor.run();
  EXPECT_EQ(actor.seen, (Seen{"opened", "congested", "drained"}));
  EXPECT_EQ(client.take().size(), 3 * (4096u + 4));
  EXPECT_EQ(instance->census().bytes, 0u);
}

/// Below out_high nobody was congested; who was refused waits for `drained` all the same.
TEST_F(ServerFixture, WhoWasRefusedIsToldWhenThereIsRoom) {
  serve(
      "out_high = \"10KiB\"\nout_low = \"1KiB\"\nout_hard = \"16KiB\"\nmessage_max = \"10KiB\"\n");
  auto client = open();
  client.set_capacity(0);
  const auto send = [&](std::size_t size) {
    const Bytes result = actor.call(
        EchoActor::kSend, host::arguments_of(actor.last_id, Message{ByteSpan(Bytes(size, 1))}));
    executor.run();
    return result[0] == 0 ? 0 : result[1];
  };
  EXPECT_EQ(send(8000), 0);
  EXPECT_EQ(send(10'000), static_cast<std::uint8_t>(host::GuestCode::kFull));
  EXPECT_EQ(actor.seen, Seen{"opened"});
  client.set_capacity(SIZE_MAX);
  executor.run();
  EXPECT_EQ(actor.seen, (Seen{"opened", "drained"}));
  EXPECT_EQ(send(10'000), 0);
  pass(std::chrono::seconds(3));
  EXPECT_EQ(actor.seen, (Seen{"opened", "drained"}));
}

TEST_F(ServerFixture, AClientThatStaysSlowIsClosed) {
  serve("out_high = \"1KiB\"\nout_low = \"512B\"\nslow = \"3s\"\n");
  auto client = open();
  client.set_capacity(100);
  const Bytes send = host::arguments_of(actor.last_id, Message{ByteSpan(Bytes(4096, 1))});
  actor.call(EchoActor::kSend, send);
  executor.run();
  pass(std::chrono::seconds(12));
  EXPECT_EQ(actor.seen.back(), "closed 1013 (full)");
  EXPECT_TRUE(client.is_gone());
}

/// What several share counts once, and its end frees nothing: who holds more pays.
TEST_F(ServerFixture, WhatIsHeldForAllClientsIsBounded) {
  serve(
      "out_total = \"64KiB\"\nout_hard = \"64KiB\"\nout_high = \"48KiB\"\nout_low = \"1KiB\"\n"
      "message_max = \"32KiB\"\ntopic_bytes = \"60KiB\"\n");
  const auto held = [&] {
    actor::Figures figures;
    instance->measure(figures);
    return std::ranges::find(figures.all(), "websocket_outgoing_bytes", &actor::Figure::name)
        ->value;
  };
  std::vector<io::MemoryClient> clients;
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(open());
    ids.push_back(actor.last_id);
    clients.back().set_capacity(0);
  }
  const std::string large(30'000, 'p');
  actor.call(EchoActor::kPublish, host::arguments_of(std::string("*"), Message{large}));
  executor.run();
  EXPECT_GE(held(), 30'000);
  EXPECT_LE(held(), 30'100) << "all hold one frame";
  for (std::size_t i = 0; i < 5; ++i) {
    pass(std::chrono::seconds(1));
    const std::string text(10'000, 's');
    actor.call(EchoActor::kSend, host::arguments_of(ids[i], Message{text}));
    executor.run();
    EXPECT_LE(held(), 128 * 1024) << i;
  }
  pass(std::chrono::seconds(1));
  EXPECT_LE(held(), 64 * 1024);
  const auto is_gone = [](const auto& client) { return client.is_gone(); };
  EXPECT_TRUE(std::any_of(clients.begin(), clients.begin() + 5, is_gone));
  EXPECT_TRUE(std::none_of(clients.begin() + 5, clients.end(), is_gone)) << "that frees nothing";
  EXPECT_EQ(std::ranges::count(actor.seen, "closed 1006 (full)"),
            std::ranges::count_if(clients, is_gone));
}

/// The beginning of a message of `size` bytes, so many of them.
std::string beginning(std::size_t size, std::size_t sent) {
  const std::string whole = client_frame(Opcode::kBinary, std::string(size, 'u'));
  return whole.substr(0, whole.size() - size + sent);
}

TEST_F(ServerFixture, AMessageHasItsTime) {
  serve("message_wait = \"10s\"\nping = \"1000s\"\nidle = \"2000s\"\n");
  auto stalled = open();
  stalled.send(beginning(1000, 10));
  auto busy = open();
  auto listening = open();
  for (int i = 0; i < 20; ++i) {  // its time, that of the close, a tick
    listening.send(client_frame(Opcode::kPing, "abcd"));
    busy.send(beginning(1000, 10));  // always at one
    stalled.send(client_frame(Opcode::kPong, ""));
    pass(std::chrono::seconds(1));
    busy.send(beginning(1000, 1000).substr(beginning(1000, 10).size()));
    executor.run();
  }
  EXPECT_EQ(actor.seen.back(), "closed 1006 (deadline)");
  EXPECT_TRUE(stalled.is_ended());
  EXPECT_FALSE(busy.is_ended());
  EXPECT_FALSE(listening.is_ended()) << "what it says is complete";
  EXPECT_EQ(actor.echoed, 20u);
}

TEST_F(ServerFixture, WhatIsUnfinishedOfAllClientsIsBounded) {
  serve("unfinished_max = \"64KiB\"\nmessage_max = \"16KiB\"\n");
  std::vector<io::MemoryClient> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(open());
    clients.back().send(beginning(16'000, 12'000));
    pass(std::chrono::seconds(2));
    EXPECT_LE(instance->census().bytes, 64u * 1024) << i;
  }
  EXPECT_TRUE(clients[0].is_gone()) << "it was longest at it";
  EXPECT_FALSE(clients[5].is_gone());
  EXPECT_EQ(actor.seen.back(), "closed 1006 (full)");
  clients[5].send(beginning(16'000, 16'000).substr(beginning(16'000, 12'000).size()));
  executor.run();
  EXPECT_EQ(actor.echoed, 1u);
}

TEST_F(ServerFixture, ASlowSubscriberIsClosedWith1013) {
  serve("topic_bytes = \"1KiB\"\n");
  auto slow = open();
  auto quick = open();
  slow.set_capacity(0);
  for (int i = 0; i < 20; ++i) {
    const std::string text(95, static_cast<char>('a' + i));
    actor.call(EchoActor::kPublish, host::arguments_of(std::string("*"), Message{text}));
    executor.run();
    EXPECT_EQ(quick.take().size(), 97u) << "the others hear everything";
  }
  slow.set_capacity(SIZE_MAX);
  executor.run();
  EXPECT_TRUE(slow.take().ends_with(server_frame(Opcode::kClose, close_payload(1013))));
  slow.send(client_frame(Opcode::kClose, close_payload(1013)));
  slow.end();
  executor.run();
  EXPECT_EQ(actor.seen.back(), "closed 1013 (full)");
  EXPECT_EQ(instance->census().connections, 1u);
}

TEST_F(ServerFixture, ASlowSubscriberMissesMessagesAndTheGuestIsToldIfTheGrantSaysSo) {
  serve("topic_bytes = \"1KiB\"\nslow_subscriber = \"gap\"\n");
  auto client = open();
  client.set_capacity(0);
  for (int i = 0; i < 20; ++i) {
    const std::string text(95, static_cast<char>('a' + i));
    actor.call(EchoActor::kPublish, host::arguments_of(std::string("*"), Message{text}));
  }
  executor.run();
  std::uint64_t missed = 0;
  for (const std::string& event : actor.seen) {
    if (event.starts_with("gap ")) missed += std::stoull(event.substr(4));
  }
  client.set_capacity(SIZE_MAX);
  executor.run();
  const std::string got = client.take();
  EXPECT_EQ(got.size(), (20 - missed) * 97);
  EXPECT_GT(missed, 8u);
  EXPECT_TRUE(got.ends_with(std::string(95, 't')));
}

/// Not even what could not be told before, of a client that keeps its end open.
TEST_F(ServerFixture, NothingComesBehindClosed) {
  serve("topic_bytes = \"1KiB\"\nslow_subscriber = \"gap\"\nqueue_items = 16\n");
  auto client = open();
  const std::uint64_t id = actor.last_id;
  auto other = open();
  client.set_capacity(0);
  actor.is_asleep = true;
  for (int i = 0; i < 16; ++i) exchange(other, client_frame(Opcode::kText, "m"));
  for (int i = 0; i < 40; ++i) {
    const std::string text(95, 'p');
    actor.call(EchoActor::kPublish, host::arguments_of(std::string("*"), Message{text}));
  }
  actor.call(EchoActor::kClose, host::arguments_of(id, std::uint16_t{1000}, std::string("bye")));
  client.set_capacity(SIZE_MAX);
  executor.run();
  exchange(client, client_frame(Opcode::kClose, "\x03\xe8"));
  actor.wake();
  executor.run();
  pass(seconds(2));
  EXPECT_EQ(actor.seen.back(), "closed 1000 bye");
}

/// Slow is who takes no more, not whom nobody has written to yet.
TEST_F(ServerFixture, AQuickSubscriberHearsAllThatIsPublishedAtOnce) {
  serve("topic_bytes = \"64KiB\"\n");
  auto one = open();
  auto two = open();
  const auto publish = [&](std::size_t size) {
    const std::string text(size, 'p');
    return actor.call(EchoActor::kPublish, host::arguments_of(std::string("*"), Message{text}));
  };
  for (int i = 0; i < 16; ++i) EXPECT_EQ(publish(30'000)[0], 0);
  EXPECT_EQ(publish(64 * 1024)[0], 0);
  EXPECT_EQ(publish(64 * 1024 + 1)[1], static_cast<std::uint8_t>(host::GuestCode::kTooLarge));
  executor.run();
  EXPECT_EQ(one.take().size(), 16 * 30'004u + 64 * 1024 + 10);
  EXPECT_EQ(two.take().size(), 16 * 30'004u + 64 * 1024 + 10);
  EXPECT_EQ(instance->census().connections, 2u);
}

/// Bytes that come while others wait for credit stay behind them.
TEST_F(ServerFixture, WhatWasSentBeforeTheAnswerComesFirst) {
  serve("accept = \"ask\"\ncredit_messages = 1\n");
  auto client = connect();
  client.send(upgrade_request());
  executor.run();
  const auto text = [](std::string_view word) { return client_frame(Opcode::kText, word); };
  client.send(text("a") + text("b") + text("c"));
  executor.run();
  actor.is_asleep = true;
  actor.call(EchoActor::kAccept, host::arguments_of(actor.last_id, std::optional<std::string>()));
  executor.run();
  actor.wake();
  client.send(text("d"));
  executor.run();
  std::string all;
  for (const char* word : {"a", "b", "c", "d"}) all += server_frame(Opcode::kText, word);
  EXPECT_TRUE(client.take().ends_with(all));
}

TEST_F(ServerFixture, ACloseThatNeverWasDoesNotOpenWhatHasEnded) {
  serve();
  auto client = open();
  actor.is_asleep = true;
  Bytes result;
  instance->call(EchoActor::kClose,
                 host::arguments_of(actor.last_id, std::uint16_t{1000}, std::string()), {}, result);
  client.send(client_frame(Opcode::kClose, ""));
  executor.run();
  instance->settle(actor::Settlement::kDiscarded);
  EXPECT_EQ(actor.call(EchoActor::kSend, host::arguments_of(actor.last_id, Message{"x"}))[1],
            static_cast<std::uint8_t>(host::GuestCode::kClosed));
}

TEST_F(ServerFixture, MoreTopicsThanThereMayBeAreRefusedWhenTheyAreAskedFor) {
  serve("topics_max = 3\n");
  open();
  const auto ask = [&](const std::string& topic) {
    Bytes result;
    instance->call(EchoActor::kSubscribe, host::arguments_of(actor.last_id, topic), {}, result);
    return result[0] == 0 ? 0 : result[1];
  };
  const auto full = static_cast<std::uint8_t>(host::GuestCode::kFull);
  for (const char* topic : {"a", "b", "c", "a"}) EXPECT_EQ(ask(topic), 0);
  EXPECT_EQ(ask("d"), full);
  instance->settle(actor::Settlement::kDiscarded);
  for (const char* topic : {"d", "e", "f"}) EXPECT_EQ(ask(topic), 0) << "they never were";
  instance->settle(actor::Settlement::kCommitted);
  EXPECT_EQ(ask("g"), full) << "they will be";
  for (const char* topic : {"d", "e", "f"}) {
    const Bytes arguments = host::arguments_of(actor.last_id, std::string(topic));
    instance->perform({EchoActor::kSubscribe, arguments, 0, Seq{1}, 0});
  }
  EXPECT_EQ(ask("g"), full);
  EXPECT_EQ(ask("f"), 0);
}

/// Asked for while the topic is there; it goes before that is performed.
TEST_F(ServerFixture, ASubscriptionThatWasGrantedIsMadeWhateverHasGoneMeanwhile) {
  serve("topics_max = 1\n");
  const auto subscription = [&] { return host::arguments_of(actor.last_id, std::string("a")); };
  open();
  const Bytes first = subscription();
  actor.call(EchoActor::kSubscribe, first);
  auto client = open();
  const Bytes second = subscription();
  Bytes result;
  instance->call(EchoActor::kSubscribe, second, {}, result);
  EXPECT_EQ(result[0], 0);
  instance->settle(actor::Settlement::kCommitted);
  actor.call(EchoActor::kUnsubscribe, first);
  const Bytes other = host::arguments_of(actor.last_id, std::string("b"));
  EXPECT_EQ(actor.call(EchoActor::kSubscribe, other)[1],
            static_cast<std::uint8_t>(host::GuestCode::kFull))
      << "the one that will be counts";
  instance->perform({EchoActor::kSubscribe, second, 0, Seq{1}, 0});
  actor.call(EchoActor::kPublish, host::arguments_of(std::string("a"), Message{"news"}));
  executor.run();
  EXPECT_EQ(client.take(), server_frame(Opcode::kText, "news"));
}

/// A head comes twice, in `opening` and in `opened`: those that wait for an answer are bounded, so
/// that answering all of them at once is.
TEST_F(ServerFixture, LetsNobodyInWhileHeadsThatAreAskedAboutFillTheirRoom) {
  constexpr std::size_t kHead = 16 * 1024;
  serve("accept = \"ask\"\nmessage_max = \"1KiB\"\nqueue_bytes = \"68KiB\"\n");
  const std::string request = upgrade_request("/", "X-Filler: " + std::string(kHead, 'x') + "\r\n");
  std::vector<io::MemoryClient> clients;
  std::vector<std::uint64_t> ids;
  std::string answer;
  while (clients.size() < 20 && answer.empty()) {
    clients.push_back(connect());
    answer = exchange(clients.back(), request);  // the guest is given `opening`, and says nothing
    ids.push_back(actor.last_id);
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_EQ(clients.size(), 6u);
  EXPECT_GE(instance->census().bytes, 5 * kHead);
  actor.is_asleep = true;
  ids.pop_back();
  for (const std::uint64_t id : ids) {
    actor.call(EchoActor::kAccept, host::arguments_of(id, std::optional<std::string>()));
  }
  EXPECT_LE(static_cast<Instance&>(*instance).queue_counters().bytes, 68 * 1024 + 2 * kHead);
  actor.wake();
  executor.run();
  EXPECT_EQ(instance->census().bytes, 0u);
  clients.push_back(connect());
  EXPECT_EQ(exchange(clients.back(), request), "") << "there is room again";
}

TEST_F(ServerFixture, SilenceIsAskedThenEnded) {
  serve();
  auto client = open();
  pass(std::chrono::seconds(32));
  EXPECT_EQ(client.take(), server_frame(Opcode::kPing, ""));
  client.send(client_frame(Opcode::kPong, ""));
  pass(std::chrono::seconds(100));
  EXPECT_EQ(client.take(), server_frame(Opcode::kPing, ""));
  pass(std::chrono::seconds(21));
  EXPECT_EQ(client.take(), server_frame(Opcode::kClose, close_payload(1001)));
  pass(std::chrono::seconds(7));
  EXPECT_EQ(actor.seen.back(), "closed 1006 (deadline)");
  EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(ServerFixture, AcceptingRestsWhenDescriptorsRunOut) {
  serve();
  network.set_descriptors(io::MemoryNetwork::Descriptors::kExhausted);
  auto client = connect();
  client.send(upgrade_request());
  pass(std::chrono::seconds(1));
  EXPECT_EQ(client.waiting(), 0u);
  network.set_descriptors(io::MemoryNetwork::Descriptors::kFree);
  pass(Milliseconds(200));
  EXPECT_TRUE(client.take().starts_with("HTTP/1.1 101 "));
}

TEST_F(ServerFixture, CrowdsAreTurnedAway) {
  serve("connections_max = 2\n");
  auto one = open();
  auto two = open();
  auto three = connect();
  EXPECT_TRUE(exchange(three, upgrade_request()).starts_with("HTTP/1.1 503 "));
  one.reset();
  executor.run();
  open();
}

TEST_F(ServerFixture, AHeadThatNeverEndsIsGivenUp) {
  serve();
  auto client = connect();
  client.send("GET / HTTP/1.1\r\n");
  executor.run();
  pass(std::chrono::seconds(11));
  EXPECT_TRUE(client.take().starts_with("HTTP/1.1 408 "));
}

TEST_F(ServerFixture, APingFloodIsNotAnsweredWithoutBound) {
  serve("out_hard = \"4KiB\"\nout_high = \"2KiB\"\nout_low = \"1KiB\"\nmessage_max = \"1KiB\"\n");
  auto client = open();
  client.set_capacity(0);
  for (int i = 0; i < 1000; ++i) client.send(client_frame(Opcode::kPing, std::string(100, 'p')));
  executor.run();
  EXPECT_LE(static_cast<Instance&>(*instance).census().bytes, 80'000u);
}

}  // namespace
}  // namespace theater::hosts::websocket_server
