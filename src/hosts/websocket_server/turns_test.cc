// What is published to many, and the end of many, is told in parts, and a long message is inflated
// in parts, between which others have their turn (BLOCK-1): each of the audience hears it once,
// before whatever is sent to it later; nobody else hears it; who goes meanwhile is passed over.
#include <algorithm>

#include "host/closing.h"
#include "hosts/websocket_server/server_fixture.h"

namespace theater::hosts::websocket_server {
namespace {

using Words = std::vector<std::string>;

struct Publishing : ServerFixture {
  static constexpr std::size_t kCrowd = 2 * kTellsMax + 44;
  std::vector<io::MemoryClient> clients;
  std::vector<std::uint64_t> ids;

  void gather(std::size_t count = kCrowd) {
    for (std::size_t i = 0; i < count; ++i) come();
  }
  void come() {
    clients.push_back(open());
    ids.push_back(actor.last_id);
  }
  void subscribe(std::size_t client) {
    actor.call(EchoActor::kSubscribe, host::arguments_of(ids[client], std::string("news")));
  }
  void publish(std::string_view topic, std::string_view text) {
    actor.call(EchoActor::kPublish, host::arguments_of(std::string(topic), Message{text}));
  }
  void send(std::size_t client, std::string_view text) {
    actor.call(EchoActor::kSend, host::arguments_of(ids[client], Message{text}));
  }
  /// Their sockets take nothing, or all.
  void let_take(std::size_t capacity) {
    for (auto& client : clients) client.set_capacity(capacity);
  }
  /// Short texts, as the client reads them; a close frame is "closed CODE".
  static Words heard(io::MemoryClient& client) {
    Words words;
    const std::string bytes = client.take();
    for (std::size_t at = 0; at < bytes.size();) {
      const auto size = static_cast<std::size_t>(bytes[at + 1]);
      const std::string text = bytes.substr(at + 2, size);
      const bool is_text = bytes[at] == static_cast<char>(0x81);
      const int code =
          is_text ? 0
                  : static_cast<unsigned char>(text[0]) << 8 | static_cast<unsigned char>(text[1]);
      words.push_back(is_text ? text : fmt::format("closed {}", code));
      at += 2 + size;
    }
    return words;
  }
};

TEST_F(Publishing, APublicationIsToldToSoManyInOneTask) {
  serve();
  gather();
  let_take(0);
  const std::string text(100, 'p');
  const auto told = [&] { return instance->census().bytes / (text.size() + 2); };
  publish("*", text);
  for (std::size_t before = 0, now = told(); now < kCrowd; before = now, now = told()) {
    ASSERT_LE(now - before, kTellsMax + 1) << "the publication itself counts for one";
    ASSERT_TRUE(executor.step()) << now;
  }
  let_take(SIZE_MAX);
  executor.run();
  for (auto& client : clients) ASSERT_EQ(heard(client), Words{text});
}

TEST_F(Publishing, WhatIsSentComesBehindWhatWasPublishedBefore) {
  serve();
  gather();
  const std::size_t last = kCrowd - 1;
  subscribe(last);
  publish("*", "first");
  send(last, "to one");
  publish("news", "some");
  publish("*", "second");
  actor.call(EchoActor::kClose, host::arguments_of(ids[last], std::uint16_t{1000}, std::string()));
  executor.run();
  EXPECT_EQ(heard(clients[last]), (Words{"first", "to one", "some", "second", "closed 1000"}));
  for (std::size_t i = 0; i < last; ++i) {
    ASSERT_EQ(heard(clients[i]), (Words{"first", "second"})) << i;
  }
}

TEST_F(Publishing, WhoIsThereMeanwhileHearsWhatIsPublishedFromThenOn) {
  serve();
  gather();
  const std::size_t left = kCrowd - 2, joined = kCrowd - 1;
  for (std::size_t i = 0; i < joined; ++i) subscribe(i);
  publish("news", "first");
  subscribe(joined);
  actor.call(EchoActor::kUnsubscribe, host::arguments_of(ids[left], std::string("news")));
  publish("news", "second");
  executor.run();
  EXPECT_EQ(heard(clients[joined]), Words{"second"});
  EXPECT_EQ(heard(clients[left]), Words{"first"}) << "it left after that";
  EXPECT_EQ(heard(clients[0]), (Words{"first", "second"}));
}

TEST_F(Publishing, WhoIsAcceptedMeanwhileHearsNothingOfIt) {
  serve("accept = \"ask\"\n");
  actor.echoes = false;
  const auto accept = [&](std::uint64_t id) {
    actor.call(EchoActor::kAccept, host::arguments_of(id, std::optional<std::string>()));
  };
  for (std::size_t i = 0; i < kCrowd; ++i) {
    clients.push_back(connect());
    clients.back().send(upgrade_request());
    executor.run();
    ids.push_back(actor.last_id);
    subscribe(i);
    if (i + 1 < kCrowd) accept(ids.back());
  }
  executor.run();
  for (auto& client : clients) client.take();
  publish("news", "first");
  publish("*", "all");
  accept(ids.back());
  executor.run();
  EXPECT_TRUE(clients.back().take().ends_with("\r\n\r\n"));
  EXPECT_EQ(heard(clients[kCrowd - 2]), (Words{"first", "all"}));
  publish("news", "second");
  executor.run();
  EXPECT_EQ(heard(clients.back()), Words{"second"});
}

TEST_F(Publishing, WhoGoesMeanwhileIsPassedOver) {
  serve();
  gather();
  for (std::size_t i = 0; i < kCrowd; ++i) subscribe(i);
  publish("news", "first");
  publish("*", "all");
  for (std::size_t i = kTellsMax; i < kCrowd; ++i) clients[i].reset();
  executor.run();
  EXPECT_EQ(instance->census().connections, kTellsMax);
  for (std::size_t i = 0; i < kTellsMax; ++i) {
    ASSERT_EQ(heard(clients[i]), (Words{"first", "all"}));
  }
}

/// As many as one invocation may publish.
TEST_F(Publishing, ManyPublicationsComeOnceAndInOrder) {
  serve();
  gather(kTellsMax + 10);
  Words all;
  for (std::size_t i = 0; i < 1024; ++i) {
    publish("*", all.emplace_back(fmt::format("{}", i)));
  }
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  all.emplace_back("closed 1001");
  for (auto& client : clients) ASSERT_EQ(heard(client), all) << "also before a stop";
}

TEST_F(Publishing, APublicationsTurnIsBoundedByBytes) {
  constexpr std::size_t kSize = 150 * 1024;  // two are more than topic_bytes: the second is written
  serve();
  gather(kTellsMax);
  const std::string text(kSize, 'p');
  std::size_t before = 0, steps = 0;
  const auto check_turn = [&] {
    std::size_t now = 0;
    for (const auto& client : clients) now += client.waiting();
    ASSERT_LE(now - before, host::kFlushBytesMax + 2 * (kSize + 10)) << "in one task";
    if (now > before) ++steps;
    before = now;
  };
  publish("*", text);
  check_turn();
  publish("*", text);
  check_turn();
  while (executor.step()) check_turn();
  EXPECT_EQ(before, kTellsMax * 2 * (kSize + 10));
  EXPECT_GE(steps, before / (host::kFlushBytesMax + 2 * (kSize + 10)));
}

TEST_F(Publishing, PublicationsThatDoNotFitAreRefusedWhenTheyAreCalled) {
  serve();
  gather(kTellsMax + 10);
  const std::string text(250 * 1024, 'p');
  const Bytes arguments = host::arguments_of(std::string("*"), Message{text});
  const auto ask = [&] {
    Bytes result;
    instance->call(EchoActor::kPublish, arguments, {}, result);
    return result[0] == 0 ? 0 : result[1];
  };
  const auto full = static_cast<std::uint8_t>(host::GuestCode::kFull);
  const std::size_t most = kPublicationBytesMax / text.size();
  for (std::size_t i = 0; i < most; ++i) ASSERT_EQ(ask(), 0);
  EXPECT_EQ(ask(), full);
  instance->settle(actor::Settlement::kDiscarded);
  for (std::size_t i = 0; i < most; ++i) ASSERT_EQ(ask(), 0) << "they never were";
  instance->settle(actor::Settlement::kCommitted);
  EXPECT_EQ(ask(), full) << "they will be";
  for (std::size_t i = 0; i < 2; ++i) {
    instance->perform({EchoActor::kPublish, arguments, 0, Seq{1}, 0});
  }
  EXPECT_EQ(ask(), full) << "they wait, with their frames";
  EXPECT_GE(instance->census().bytes, 4 * text.size());
  for (auto& client : clients) client.reset();
  executor.run();
  EXPECT_EQ(instance->census().bytes, 0u) << "nobody is left to hear them";
}

TEST_F(Publishing, EachKindOfConnectionCostsOneFrameThatIsCounted) {
  serve("deflate = true\n");
  for (const char* bits : {"15", "12", "10", "12"}) {
    clients.push_back(
        open(fmt::format("Sec-WebSocket-Extensions: permessage-deflate; "
                         "server_max_window_bits={}\r\n",
                         bits)));
  }
  gather(kTellsMax);
  Publications all;
  const std::string text(1000, 'p'), large(100 * 1024, 'p');
  Publication small("*", Message{text}), big("*", Message{large});
  EXPECT_EQ(small.held_bytes(), 1000u);
  EXPECT_NE(all.frame(small, 12), all.frame(small, 10));
  EXPECT_EQ(all.frame(small, 12), all.frame(small, 12));
  EXPECT_EQ(small.held_bytes(), 1000 + all.frame(small, 12)->size() + all.frame(small, 10)->size());
  EXPECT_EQ(all.frame(big, 12), all.frame(big, 0)) << "too large to be compressed";
  EXPECT_EQ(big.held_bytes(), 2 * large.size() + 10);
}

TEST_F(Publishing, NobodyIsReadWhileManyPublicationsWait) {
  serve();
  gather();
  let_take(0);
  for (std::size_t i = 0; i < kPublicationsHigh; ++i) publish("*", "p");
  clients[0].send(client_frame(Opcode::kText, "and?"));
  std::size_t told = 0;
  while (executor.step() && actor.echoed == 0)
    told = (instance->census().bytes - (kPublicationsHigh - 1)) / 3;
  EXPECT_GE(told, kCrowd) << "one has gone all the way";
  let_take(SIZE_MAX);
  executor.run();
  EXPECT_EQ(actor.echoed, 1u);
  EXPECT_EQ(heard(clients[0]).size(), kPublicationsHigh + 1);
}

TEST_F(Publishing, ManyAreAskedWhetherTheyAreThereInParts) {
  serve("ping = \"3s\"\nidle = \"60s\"\n");
  gather();
  const auto asked = [&] {
    return static_cast<std::size_t>(
        std::ranges::count_if(clients, [](const auto& client) { return client.waiting() > 0; }));
  };
  while (asked() == 0) {
    executor.run();
    clock.advance(executor.next_timer());
    executor.step_timer();
  }
  for (std::size_t before = 0, now = asked(); now < kCrowd; before = now, now = asked()) {
    ASSERT_LE(now - before, host::kLooksMax);
    ASSERT_TRUE(executor.step()) << now;
  }
  for (auto& client : clients) EXPECT_EQ(client.take(), server_frame(Opcode::kPing, ""));
}

/// A client whose messages may be compressed, and a long one that is.
struct Inflating : ServerFixture {
  static constexpr std::string_view kOffer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  const std::string text = std::string(8 * kInflatedAtOnce, 'z');
  const std::string frame = client_frame(
      Opcode::kText, std::string(as_text(deflate(as_bytes(text), 15))), kFinal | kCompressed);
};

TEST_F(Inflating, OthersAreReadWhileALongMessageIsInflated) {
  serve("deflate = true\n");
  actor.echoes = false;
  auto talker = open(kOffer), other = open();
  talker.send(frame + client_frame(Opcode::kText, "behind"));
  other.send(client_frame(Opcode::kText, "short"));
  executor.run();
  EXPECT_TRUE(actor.seen ==
              (Words{"opened", "opened", "text short", "text " + text, "text behind"}));
}

TEST_F(Inflating, OthersAreReadBetweenTheManyMessagesOfOneRead) {
  serve(
      "deflate = true\ncredit_messages = 1000\ncredit_bytes = \"64MiB\"\n"
      "queue_bytes = \"64MiB\"\n");
  actor.echoes = false;
  auto talker = open(kOffer), other = open();
  const Bytes packed = deflate(as_bytes(std::string(kInflatedAtOnce, 'y')), 15);
  std::string many;
  for (int i = 0; i < 20; ++i) {
    many += client_frame(Opcode::kText, as_text(packed), kFinal | kCompressed);
  }
  talker.send(many);
  other.send(client_frame(Opcode::kText, "short"));
  executor.run();
  EXPECT_EQ(actor.seen.size(), 2 + 20 + 1u);
  EXPECT_LE(std::ranges::find(actor.seen, "text short") - actor.seen.begin(), 4);
}

TEST_F(Inflating, NobodyIsReadOnWithoutCredit) {
  serve("deflate = true\ncredit_messages = 1\n");
  actor.echoes = false;
  auto talker = open(kOffer);
  actor.is_asleep = true;
  talker.send(client_frame(Opcode::kText, "first") + frame + frame);
  executor.run();
  EXPECT_EQ(static_cast<Instance&>(*instance).queue_counters().depth, 1u);
  actor.wake();
  executor.run();
  EXPECT_TRUE(actor.seen == (Words{"opened", "text first", "text " + text, "text " + text}));
}

/// The close it answers is behind a message that nobody will take.
TEST_F(Inflating, AStopHearsWhatIsBehindALongMessage) {
  serve("deflate = true\n");
  auto talker = open(kOffer);
  actor.is_asleep = true;
  talker.send(frame + client_frame(Opcode::kClose, close_payload(1001)));
  while (executor.step() && instance->census().bytes < kInflatedAtOnce) {
  }
  instance->stop(actor::StopMode::kDrain);
  executor.run();
  EXPECT_EQ(talker.take(), server_frame(Opcode::kClose, close_payload(1001)));
  talker.end();
  executor.run();
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

TEST_F(Inflating, WhoGoesMeanwhileLeavesNothing) {
  serve("deflate = true\n");
  auto talker = open(kOffer);
  talker.send(frame);
  while (executor.step() && instance->census().bytes < kInflatedAtOnce) {
  }
  instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(instance->census().is_empty());
  executor.run();
  EXPECT_EQ(executor.timer_count(), 0u);
  EXPECT_TRUE(talker.is_gone());
}

TEST_F(Publishing, AKillForAReasonLetsAWorkerTellManyWhy) {
  serve();
  gather();
  publish("*", "last news");
  instance->expect_stop(actor::EndReason::kFault);
  instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(instance->census().is_empty());
  for (const auto& client : clients) ASSERT_EQ(client.waiting(), 0u) << "a system call each";
  executor.run();
  EXPECT_EQ(workers.done(), 1u);
  for (auto& client : clients) {
    ASSERT_EQ(heard(client), (Words{"last news", "closed 1011"}));
    ASSERT_TRUE(client.is_gone());
  }
}

/// Not even those for whom more waits than topic_bytes, who are written to at once otherwise.
TEST_F(Publishing, AKillForAReasonWritesNothingOnTheShard) {
  serve("topic_bytes = \"1KiB\"\n");
  gather();
  const std::string one(100, 'a'), two(100, 'b');
  for (int i = 0; i < 6; ++i) publish("*", one);
  for (int i = 0; i < 6; ++i) publish("*", two);
  instance->expect_stop(actor::EndReason::kFault);
  instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(instance->census().is_empty());
  EXPECT_EQ(clients.back().waiting(), 0u) << "a system call each";
  executor.run();
  Words all(6, one);
  all.insert(all.end(), 6, two);
  all.emplace_back("closed 1011");
  EXPECT_EQ(heard(clients.back()), all);
}

TEST_F(Publishing, AKillInTheMiddleOfAPublicationLeavesNothing) {
  serve();
  gather();
  publish("*", "never");
  instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(instance->census().is_empty());
  executor.run();
  EXPECT_EQ(executor.timer_count(), 0u);
  for (const auto& client : clients) ASSERT_TRUE(client.is_gone());
}

}  // namespace
}  // namespace theater::hosts::websocket_server
