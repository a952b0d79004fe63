// Connections open, carry messages both ways, end once and say why; what the grant does not name
// is never dialled; bounds hold; a discarded invocation has opened nothing; a restart and a stop
// leave no connection untold.
#include <algorithm>

#include "host/closing.h"
#include "hosts/websocket_client/client_fixture.h"

namespace theater::hosts::websocket_client {
namespace {

using host::GuestCode;
using std::chrono::seconds;

struct Client : ClientFixture {};

TEST_F(Client, OpensAndCarriesMessages) {
  TestServer server = open();
  EXPECT_EQ(send("hello"), std::nullopt);
  EXPECT_EQ(server.frames(), Seen{"text hello"});
  server.end().send(server_frame(Opcode::kText, "you") + server_frame(Opcode::kPing, "p"));
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"you"});
  EXPECT_EQ(server.frames(), Seen{"pong p"});
}

TEST_F(Client, ClosesAndIsClosed) {
  TestServer server = open();
  EXPECT_EQ(close(1000, "bye"), std::nullopt);
  EXPECT_EQ(server.frames(), Seen{"close 1000 bye"});
  server.end().send(server_frame(Opcode::kClose, close_payload(1000)));
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"closed 1000 bye"});
  EXPECT_TRUE(server.end().is_ended());
  server.end().end();
  shard.executor.run();
  EXPECT_EQ(close(1000), GuestCode::kNotFound);
  pass(seconds(2));
  EXPECT_EQ(instance->census().connections, 0u);
  EXPECT_EQ(instance->census().timers, 0u);
  EXPECT_EQ(instance->census().bytes, 0u);

  TestServer other = open();
  other.end().send(server_frame(Opcode::kClose, close_payload(3001, "go")));
  shard.executor.run();
  EXPECT_EQ(other.frames(), Seen{"close 3001 go"});
  EXPECT_EQ(take(), Seen{"closed 3001 go"});
  pass(seconds(10));
  EXPECT_TRUE(other.end().is_gone());
}

TEST_F(Client, OnlyWhatTheGrantNamesIsDialled) {
  begin();
  EXPECT_EQ(connect("ws://b.com/"), GuestCode::kDenied);
  EXPECT_EQ(connect("wss://a.com/"), GuestCode::kDenied);
  EXPECT_EQ(connect("ws://a.com:81/"), GuestCode::kDenied);
  EXPECT_EQ(connect("http://a.com/"), GuestCode::kInvalid);
  EXPECT_EQ(connect("ws://u@a.com/"), GuestCode::kInvalid);
  EXPECT_EQ(shard.resolver.asked(), 0u);
  shard.resolver.set("a.com", {*io::IpAddress::parse("127.0.0.1")});
  EXPECT_EQ(connect(), std::nullopt);
  EXPECT_EQ(take(), Seen{"closed 1006 (denied)"});
  EXPECT_FALSE(shard.network.take_dialled());
}

TEST_F(Client, FailuresSayWhy) {
  begin();
  shard.network.set_dial(io::MemoryNetwork::Dial::kRefuse);
  connect();
  EXPECT_EQ(take(), Seen{"closed 1006 (unreachable)"});
  shard.network.take_dialled();
  shard.network.set_dial(io::MemoryNetwork::Dial::kHang);
  connect();
  pass(seconds(6));
  EXPECT_EQ(take(), Seen{"closed 1006 (deadline)"});
  shard.network.take_dialled();
  shard.network.set_dial(io::MemoryNetwork::Dial::kAnswer);
  connect();
  server().end().send("HTTP/1.1 403 Forbidden\r\n\r\n");
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"closed 1006 (remote)"});
  connect();
  server().end().send("SSH-2.0-x\r\n\r\n");
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"closed 1006 (protocol)"});
  connect();
  server().end().send(std::string(40'000, 'x'));
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"closed 1006 (protocol)"});
  connect();
  pass(seconds(13));
  EXPECT_EQ(take(), Seen{"closed 1006 (deadline)"});
}

TEST_F(Client, ABrokenServerIsFailedWithItsCode) {
  TestServer server = open("message_max = 10\n");
  server.end().send(server_frame(Opcode::kText, std::string(11, 'x')));
  shard.executor.run();
  EXPECT_EQ(server.frames(), Seen{"close 1009 a message over message_max"});
  EXPECT_EQ(take(), Seen{"closed 1009 a message over message_max (too-large)"});
  TestServer masked = open();
  masked.end().send(client_frame(Opcode::kText, "x"));
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"closed 1002 a frame with a mask (protocol)"});
  TestServer broken = open();
  broken.end().reset();
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"closed 1006 (closed)"});
  TestServer ended = open();
  ended.end().end();
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"closed 1006 (closed)"});
}

TEST_F(Client, CallsBeforeOpenAndAfterTheEnd) {
  begin();
  EXPECT_EQ(send("x"), GuestCode::kNotFound);
  EXPECT_EQ(connect(), std::nullopt);
  EXPECT_EQ(send("x"), GuestCode::kConflict);
  EXPECT_EQ(close(1005), GuestCode::kInvalid);
  EXPECT_EQ(close(1000, std::string(124, 'r')), GuestCode::kInvalid);
  EXPECT_EQ(close(1000), std::nullopt);
  EXPECT_EQ(send("x"), GuestCode::kClosed);
  EXPECT_EQ(take(), Seen{"closed 1006 (cancelled)"});
  pass(seconds(2));
  EXPECT_TRUE(instance->census().is_empty());
}

TEST_F(Client, ADiscardedInvocationOpensNothing) {
  begin("connections_max = 1\n");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(call_only(kConnect, connect_arguments("ws://a.com/")), std::nullopt);
    instance->settle(actor::Settlement::kDiscarded);
  }
  EXPECT_EQ(send("x"), GuestCode::kNotFound);
  EXPECT_EQ(call_only(kConnect, connect_arguments("ws://a.com/")), std::nullopt);
  ++next_id;
  EXPECT_EQ(call_only(kConnect, connect_arguments("ws://a.com/")), GuestCode::kFull);
  instance->settle(actor::Settlement::kDiscarded);
  EXPECT_FALSE(shard.network.take_dialled());
}

TEST_F(Client, ASlowActorLetsTheServerWait) {
  TestServer server = open("credit_messages = 2\n");
  std::string many;
  for (int i = 0; i < 10; ++i) many += server_frame(Opcode::kText, std::to_string(i));
  server.end().send(many);
  shard.executor.run();
  EXPECT_EQ(take(), (Seen{"0", "1"}));
  Seen all;
  for (int i = 0; i < 10; ++i) {
    for (const auto& one : take()) all.push_back(one);
  }
  EXPECT_EQ(all, (Seen{"2", "3", "4", "5", "6", "7", "8", "9"}));
}

/// In parts, between which others have their turn (BLOCK-1).
TEST_F(Client, ALongCompressedMessageIsInflated) {
  begin("deflate = true\n");
  EXPECT_EQ(connect(), std::nullopt);
  TestServer it = server();
  it.accept("Sec-WebSocket-Extensions: permessage-deflate\r\n");
  const std::string text(8 * kInflatedAtOnce, 'z');
  std::string frame = server_frame(Opcode::kText, as_text(deflate(as_bytes(text), 15)));
  frame[0] = static_cast<char>(frame[0] | kCompressed);
  it.end().send(frame + server_frame(Opcode::kText, "behind"));
  shard.executor.run();
  Seen all;
  for (int i = 0; i < 3; ++i) {
    for (const auto& one : take()) all.push_back(one);
  }
  EXPECT_TRUE(all == (Seen{"opened /x", text, "behind"}));
}

TEST_F(Client, ASlowServerIsToldOfAndClosed) {
  TestServer server = open("out_high = 1024\nout_low = 512\n");
  server.end().set_capacity(0);
  send(std::string(4000, 'x'));
  EXPECT_EQ(take(), Seen{"congested"});
  server.end().set_capacity(SIZE_MAX);
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"drained"});
  server.frames();
  server.end().set_capacity(0);
  for (int i = 0; i < 10; ++i) send(std::string(400, 'x'));  // stuck before it is congested
  EXPECT_EQ(send(std::string(5u << 20, 'x')), GuestCode::kTooLarge);
  EXPECT_EQ(take(), Seen{"congested"});
  pass(seconds(40));
  EXPECT_EQ(take(), Seen{"closed 1013 (full)"});
}

/// Below out_high nobody was congested; who was refused waits for `drained` all the same.
TEST_F(Client, WhoWasRefusedIsToldWhenThereIsRoom) {
  TestServer server = open("out_high = 2048\nout_low = 512\nout_hard = 4096\nmessage_max = 4000\n");
  server.end().set_capacity(0);
  EXPECT_EQ(send(std::string(1500, 'x')), std::nullopt);
  EXPECT_EQ(send(std::string(3000, 'x')), GuestCode::kFull);
  EXPECT_EQ(take(), Seen{});
  server.end().set_capacity(SIZE_MAX);
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"drained"});
  EXPECT_EQ(send(std::string(3000, 'x')), std::nullopt);
  pass(seconds(3));
  EXPECT_EQ(take().size(), 0u);
}

TEST_F(Client, SilenceIsPingedThenEnded) {
  TestServer server = open();
  pass(seconds(31));
  EXPECT_EQ(server.frames(), Seen{"ping"});
  server.end().send(server_frame(Opcode::kPong, ""));
  shard.executor.run();
  pass(seconds(31));
  EXPECT_EQ(server.frames(), Seen{"ping"});
  pass(seconds(100));
  EXPECT_EQ(take(), Seen{"closed 1006 (deadline)"});
}

TEST_F(Client, ReconnectsWithBackOff) {
  TestServer first = open("reconnect = true\nreconnect_tries = 3\n");
  first.end().reset();
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"retrying 1"});
  EXPECT_EQ(send("x"), GuestCode::kConflict);
  EXPECT_FALSE(shard.network.take_dialled());
  pass(Milliseconds(600));
  TestServer second = server();
  second.accept();
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"opened /x"});
  second.end().send(server_frame(Opcode::kClose, close_payload(1012)));
  shard.executor.run();
  EXPECT_EQ(second.frames(), Seen{"close 1012"});
  EXPECT_EQ(take(), Seen{"retrying 2"});
  shard.network.set_dial(io::MemoryNetwork::Dial::kRefuse);
  pass(seconds(1));
  EXPECT_EQ(take(), Seen{"retrying 3"});
  pass(seconds(30));
  EXPECT_EQ(take(), Seen{"closed 1006 (unreachable)"});
}

TEST_F(Client, DoesNotReconnectWhatWasMeant) {
  for (const std::uint16_t code : {1000, 1002, 3000}) {
    TestServer server = open("reconnect = true\n");
    server.end().send(server_frame(Opcode::kClose, close_payload(code)));
    shard.executor.run();
    EXPECT_EQ(take(), Seen{fmt::format("closed {}", code)});
  }
  TestServer server = open();
  close(1000);
  server.end().reset();
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"closed 1000"});
  TestServer waiting = open();
  waiting.end().reset();
  shard.executor.run();
  EXPECT_EQ(take(), Seen{"retrying 1"});
  close(1000);
  EXPECT_EQ(take(), Seen{"closed 1006 (cancelled)"});
  pass(seconds(60));
  EXPECT_FALSE(shard.network.take_dialled());
}

TEST_F(Client, ARestartTellsOfEachConnectionItCut) {
  open();
  const Bytes arguments = connect_arguments("ws://a.com/x");
  const Bytes saved = instance->save();
  instance->stop(actor::StopMode::kKill);
  const auto table = actor::parse_settings("allow = [\"ws://a.com\"]", "t", {});
  instance = *family->create(*table, {shard.services, actor});
  ASSERT_TRUE(instance->load(saved));
  ASSERT_TRUE(instance->fold_effect({kConnect, arguments, 7, Seq{1}, 0}, {}));
  ASSERT_TRUE(instance->fold_effect({kConnect, arguments, 8, Seq{1}, 0}, {}));
  ASSERT_TRUE(
      instance->fold_event(event_bytes<Payload::kClosed>(8, Closing{1000, "", std::nullopt})));
  ASSERT_TRUE(instance->recover());
  EXPECT_EQ(take(), (Seen{"closed 1006 (interrupted)", "closed 1006 (interrupted)"}));
  EXPECT_TRUE(take().empty());
}

TEST_F(Client, StopsFromEveryState) {
  for (const auto mode : {actor::StopMode::kDrain, actor::StopMode::kKill}) {
    for (int state = 0; state < 4; ++state) {
      instance.reset();
      begin("reconnect = true\n");
      actor.drained_count = 0;
      std::optional<TestServer> server;
      if (state == 0) shard.network.set_dial(io::MemoryNetwork::Dial::kHang);
      connect();
      server.emplace(*shard.network.take_dialled());
      shard.network.set_dial(io::MemoryNetwork::Dial::kAnswer);
      if (state >= 2) server->accept();
      shard.executor.run();
      if (state == 3) server->end().reset();
      shard.executor.run();
      instance->stop(mode);
      if (mode == actor::StopMode::kDrain) pass(seconds(10));
      shard.executor.run();
      EXPECT_TRUE(instance->census().is_empty()) << state;
      EXPECT_EQ(actor.drained_count, mode == actor::StopMode::kDrain ? 1 : 0) << state;
      EXPECT_EQ(shard.executor.timer_count(), 0u) << state;
    }
  }
}

TEST_F(Client, EachCallOfTheNetworkMayFail) {
  begin();
  for (std::uint64_t n = 1; n <= 12; ++n) {
    connect();
    shard.network.fail_nth(n);
    auto end = shard.network.take_dialled();
    if (end) {
      TestServer server(*end);
      server.accept();
      shard.executor.run();
      send("x");
      server.end().send(server_frame(Opcode::kText, "y"));
      shard.executor.run();
      close(1000);
      server.end().send(server_frame(Opcode::kClose, close_payload(1000)));
      server.end().end();
    }
    pass(seconds(20));
    shard.network.fail_nth(0);
    const Seen seen = take();
    ASSERT_FALSE(seen.empty());
    EXPECT_TRUE(seen.back().starts_with("closed")) << n << " " << seen.back();
    EXPECT_TRUE(instance->census().is_empty()) << n;
  }
}

/// Others have their turn in between (BLOCK-1).
TEST_F(Client, AStopSaysGoodbyeToManyInParts) {
  begin("connections_max = 1000\n");
  std::vector<TestServer> servers;
  for (std::size_t i = 0; i < 2 * host::kClosesMax + 1; ++i) {
    servers.push_back(open());
    servers.back().end().take();
  }
  const auto told = [&] {
    return std::ranges::count_if(servers, [](auto& server) { return server.end().waiting() > 0; });
  };
  instance->stop(actor::StopMode::kDrain);
  EXPECT_EQ(told(), host::kClosesMax);
  shard.executor.run();
  for (auto& server : servers) ASSERT_EQ(server.frames().size(), 1u);
  pass(seconds(8));
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

/// Whose credit is used up is read again: the close it answers is behind what nobody will take.
TEST_F(Client, DrainHearsTheAnswerOfAServerThatWasNotRead) {
  TestServer server = open("credit_messages = 1\n");
  for (int i = 0; i < 3; ++i) server.end().send(server_frame(Opcode::kText, "a"));
  shard.executor.run();
  instance->stop(actor::StopMode::kDrain);
  shard.executor.run();
  EXPECT_EQ(server.frames().size(), 1u) << "our close";
  server.end().send(server_frame(Opcode::kClose, close_payload(1001)));
  server.end().end();
  shard.executor.run();
  EXPECT_EQ(actor.drained_count, 1);
  EXPECT_TRUE(instance->census().is_empty());
}

TEST_F(Client, GrantsAreStrict) {
  const auto check = [&](std::string_view text) {
    return family->check_grant(*actor::parse_settings(text, "t.toml", {}));
  };
  const auto check_more = [&](std::string_view more) {
    return check(fmt::format("allow = [\"ws://a.com\"]\n{}", more));
  };
  const Status nowhere = check("reconnect = true");
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("set allow"), std::string::npos) << "it says the remedy";
  EXPECT_FALSE(check("allow = []"));
  EXPECT_TRUE(check("allow = [\"wss://*.a.com/x/*\"]\nreconnect = true"));
  EXPECT_FALSE(check("allow = [\"https://a.com\"]"));
  EXPECT_FALSE(check("allow = [\"a.com\"]"));
  EXPECT_TRUE(check_more("ping = \"119s\""));
  EXPECT_FALSE(check_more("ping = \"120s\""));
  EXPECT_FALSE(check_more("reconnect_min = \"31s\""));
  EXPECT_FALSE(check_more("listen = \"127.0.0.1:1\""));
}

}  // namespace
}  // namespace theater::hosts::websocket_client
