// What a client sends comes to the actor in order and what the actor sends goes out in order; each
// connection ends with exactly one closed event; a client that breaks rules is told why; nothing
// is held when nothing is open.
#include "hosts/websocket_server/server_fixture.h"

namespace theater::hosts::websocket_server {
namespace {

using Seen = std::vector<std::string>;

TEST_F(ServerFixture, EchoesMessagesInOrderAndClosesPolitely) {
  serve();
  auto client = open();
  EXPECT_EQ(
      exchange(client, client_frame(Opcode::kText, "a") +
                           client_frame(Opcode::kBinary, std::string(70'000, 'b'))),
      server_frame(Opcode::kText, "a") + server_frame(Opcode::kBinary, std::string(70'000, 'b')));
  EXPECT_EQ(exchange(client, client_frame(Opcode::kPing, "p")), server_frame(Opcode::kPong, "p"));
  const std::string bye = close_payload(1000, "bye");
  EXPECT_EQ(exchange(client, client_frame(Opcode::kClose, bye)), server_frame(Opcode::kClose, bye));
  EXPECT_TRUE(client.is_ended());
  client.end();
  executor.run();
  EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(actor.seen, (Seen{"opened", "closed 1000 bye"}));
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(ServerFixture, BytesBehindTheRequestAreNotLost) {
  serve();
  auto client = connect();
  EXPECT_TRUE(exchange(client, upgrade_request() + client_frame(Opcode::kText, "early"))
                  .ends_with(server_frame(Opcode::kText, "early")));
}

TEST_F(ServerFixture, TheGuestCloses) {
  serve();
  auto client = open();
  actor.call(EchoActor::kClose,
             host::arguments_of(actor.last_id, std::uint16_t{1003}, std::string("text only")));
  executor.run();
  const std::string sent = close_payload(1003, "text only");
  EXPECT_EQ(client.take(), server_frame(Opcode::kClose, sent));
  EXPECT_EQ(actor.call(EchoActor::kSend, host::arguments_of(actor.last_id, Message{"late"}))[1],
            static_cast<std::uint8_t>(host::GuestCode::kClosed));
  client.send(client_frame(Opcode::kText, "ignored") + client_frame(Opcode::kClose, sent));
  executor.run();
  EXPECT_EQ(actor.seen, (Seen{"opened", "closed 1003 text only"}));
}

TEST_F(ServerFixture, RuleBreakersAreToldWhy) {
  const struct {
    std::string bytes;
    std::uint16_t code;
  } kCases[] = {{client_frame(Opcode::kContinuation, "x"), 1002},
                {client_frame(Opcode::kText, "\xff"), 1007},
                {client_frame(Opcode::kText, std::string(1001, 'x')), 1009}};
  serve("message_max = \"1000B\"\n");
  for (const auto& [bytes, code] : kCases) {
    auto client = open();
    const std::string answer = exchange(client, bytes);
    ASSERT_GE(answer.size(), 4u);
    EXPECT_EQ(answer.substr(2, 2), close_payload(code));
    EXPECT_TRUE(client.is_ended());
    EXPECT_TRUE(actor.seen.back().starts_with(fmt::format("closed {}", code)));
  }
}

TEST_F(ServerFixture, BrokenAndEndedConnectionsAreReported) {
  serve();
  auto reset = open();
  reset.reset();
  executor.run();
  EXPECT_EQ(actor.seen.back(), "closed 1006 (io)");
  auto ended = open();
  ended.end();
  executor.run();
  EXPECT_EQ(actor.seen.back(), "closed 1006 (closed)");
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(ServerFixture, OfWhatComesBeforeTheAnswerLittleIsHeldAndNothingLost) {
  serve("accept = \"ask\"\n");
  auto client = connect();
  exchange(client, upgrade_request());
  const std::uint64_t id = actor.last_id;
  const std::uint64_t before = instance->census().bytes;
  const std::string text(100'000, 'e');
  exchange(client, client_frame(Opcode::kText, text) + client_frame(Opcode::kText, "then"));
  EXPECT_LE(instance->census().bytes, before + 2 * kEarlyBytesMax);
  actor.call(EchoActor::kAccept, host::arguments_of(id, std::optional<std::string>()));
  executor.run();
  const std::string got = client.take();
  EXPECT_NE(got.find(text), std::string::npos);
  EXPECT_TRUE(got.ends_with("then"));
}

TEST_F(ServerFixture, TheGuestIsAskedAndMayRefuse) {
  serve("accept = \"ask\"\nsubprotocols = [\"chat\"]\n");
  auto client = connect();
  EXPECT_EQ(exchange(client, upgrade_request("/", "Sec-WebSocket-Protocol: chat, x\r\n")), "");
  EXPECT_EQ(actor.seen, Seen{"opening"});
  const std::uint64_t id = actor.last_id;
  using Choice = std::optional<std::string>;
  EXPECT_EQ(actor.call(EchoActor::kSend, host::arguments_of(id, Message{"x"}))[0], 1);
  EXPECT_EQ(actor.call(EchoActor::kAccept, host::arguments_of(id, Choice("no")))[0], 1);
  EXPECT_EQ(actor.call(EchoActor::kAccept, host::arguments_of(id, Choice("x")))[0], 0);
  EXPECT_EQ(actor.call(EchoActor::kAccept, host::arguments_of(id, Choice("x")))[0], 1);
  executor.run();
  EXPECT_NE(client.take().find("Sec-WebSocket-Protocol: x\r\n"), std::string::npos);
  auto other = connect();
  other.send(upgrade_request());
  executor.run();
  const auto reject = [&](std::uint16_t status) {
    return actor.call(EchoActor::kClose,
                      host::arguments_of(actor.last_id, status, std::string("members only")))[0];
  };
  EXPECT_EQ(reject(1000), 1);
  EXPECT_EQ(reject(403), 0);
  executor.run();
  EXPECT_TRUE(other.take().starts_with("HTTP/1.1 403 Forbidden"));
  EXPECT_EQ(actor.seen, (Seen{"opening", "opened", "opening", "closed 1006 members only"}));
}

TEST_F(ServerFixture, AnOpeningNobodyAnswersIsRefused) {
  serve("accept = \"ask\"\nupgrade = \"2s\"\n");
  auto client = connect();
  client.send(upgrade_request());
  executor.run();
  pass(std::chrono::seconds(4));
  EXPECT_TRUE(client.take().starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(actor.seen.back(), "closed 1006 (deadline)");
}

TEST_F(ServerFixture, PublishReachesSubscribersAndStarEverybody) {
  serve();
  auto one = open();
  const std::uint64_t first = actor.last_id;
  auto two = open();
  actor.call(EchoActor::kSubscribe, host::arguments_of(first, std::string("news")));
  actor.call(EchoActor::kPublish, host::arguments_of(std::string("news"), Message{"n"}));
  actor.call(EchoActor::kPublish, host::arguments_of(std::string("*"), Message{"all"}));
  executor.run();
  const std::string all = server_frame(Opcode::kText, "all");
  EXPECT_EQ(one.take(), server_frame(Opcode::kText, "n") + all);
  EXPECT_EQ(two.take(), all);
  actor.call(EchoActor::kUnsubscribe, host::arguments_of(first, std::string("news")));
  actor.call(EchoActor::kPublish, host::arguments_of(std::string("news"), Message{"n"}));
  executor.run();
  EXPECT_EQ(one.take(), "");
}

TEST_F(ServerFixture, AttachmentsFollowTheInvocation) {
  serve();
  open();
  const std::uint64_t id = actor.last_id;
  const auto attachment = [&] {
    return actor.call(EchoActor::kAttachment, host::arguments_of(id)).back();
  };
  actor.call(EchoActor::kSetAttachment, host::arguments_of(id, Bytes{1}));
  EXPECT_EQ(attachment(), 1);
  Bytes result;
  instance->call(EchoActor::kSetAttachment, host::arguments_of(id, Bytes{2}), {}, result);
  EXPECT_EQ(result, Bytes{0});
  instance->settle(actor::Settlement::kDiscarded);
  EXPECT_EQ(attachment(), 1);
  EXPECT_EQ(actor.call(EchoActor::kSetAttachment, host::arguments_of(id, Bytes(20'000, 0)))[1],
            static_cast<std::uint8_t>(host::GuestCode::kTooLarge));
}

TEST_F(ServerFixture, RequestsThatAreNoUpgradeOfOurs) {
  serve("path = \"/ws\"\norigins = [\"https://good.example\"]\n");
  const struct {
    std::string request;
    std::string_view status;
  } kCases[] = {
      {upgrade_request("/other"), "404"},
      {upgrade_request("/ws", "Origin: https://evil.example\r\n"), "403"},
      {upgrade_request("/ws", "Origin: https://good.example\r\n"), "101"},
      {"GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
       "426"},
      {"GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
       "400"},
      {"POST /ws HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc", "405"},
      {"GET /ws HTTP/1.1\r\n\r\n", "400"},
      {"GET /ws HTTP/2.0\r\nHost: t\r\n\r\n", "505"},
      {"GET /ws HTTP/1.0\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "505"},
      {"nonsense\r\n\r\n", "400"},
      {upgrade_request("/ws\xff"), "400"},
      {upgrade_request("ws"), "400"},
      {"GET /.theater/head HTTP/1.1\r\nHost: t\r\n\r\n", "200"},
      {"GET /" + std::string(40'000, 'x'), "414"},
      {"GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x'), "431"},
  };
  for (const auto& [request, status] : kCases) {
    auto client = connect();
    const std::string answer = exchange(client, request);
    EXPECT_EQ(answer.substr(0, 12), fmt::format("HTTP/1.1 {}", status)) << request.substr(0, 80);
  }
}

TEST_F(ServerFixture, OriginsDefaultToThePagesOwnHost) {
  serve();
  open("Origin: http://test\r\n");
  auto client = connect();
  EXPECT_TRUE(exchange(client, upgrade_request("/", "Origin: http://other\r\n"))
                  .starts_with("HTTP/1.1 403"));
}

TEST_F(ServerFixture, CompressesWhenBothAgree) {
  serve("deflate = true\n");
  auto client = connect();
  const std::string answer =
      exchange(client, upgrade_request("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  EXPECT_NE(answer.find("permessage-deflate"), std::string::npos);
  const std::string text(5000, 't');
  const Bytes packed = deflate(as_bytes(text), 12);
  const std::string echo =
      exchange(client, client_frame(Opcode::kText, as_text(packed), kFinal | kCompressed));
  EXPECT_LT(echo.size(), 200u);
  EXPECT_EQ(static_cast<std::uint8_t>(echo[0]), 0xc1);
  const std::string longest(kDeflateBytesMax, 't'), too_long(kDeflateBytesMax + 1, 't');
  EXPECT_LT(exchange(client, client_frame(Opcode::kText, longest)).size(), 2000u);
  EXPECT_EQ(exchange(client, client_frame(Opcode::kText, too_long)),
            server_frame(Opcode::kText, too_long));
}

}  // namespace
}  // namespace theater::hosts::websocket_server
