// A request says what the guest asked and nothing it may not; only an answer that proves it was
// given to this request opens a connection.
#include "hosts/websocket_client/handshake.h"

#include <gtest/gtest.h>

namespace theater::hosts::websocket_client {
namespace {

const Offer kOffer{"dGhlIHNhbXBsZSBub25jZQ==", true};

Ask ask_of(std::vector<std::string> subprotocols = {}) {
  return {*outbound::parse_url("wss://a.com:444/x?y"), std::move(subprotocols), {}};
}

std::string answer_text(std::string_view extra = "",
                        std::string_view accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") {
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, "
      "Upgrade\r\nSec-WebSocket-Accept: {}\r\n{}\r\n",
      accept, extra);
}

auto read(std::string_view text, const Ask& ask = ask_of(), const Offer& offer = kOffer) {
  return read_answer(as_bytes(text), ask, offer);
}

TEST(Handshake, TheRequest) {
  Ask ask = ask_of({"chat", "chat2"});
  ask.headers = {{"X-Key", to_bytes(as_bytes("v"))}};
  EXPECT_EQ(upgrade_request(ask, {"KEY", false}),
            "GET /x?y HTTP/1.1\r\nHost: a.com:444\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\n"
            "Sec-WebSocket-Protocol: chat, chat2\r\nX-Key: v\r\n\r\n");
  EXPECT_NE(upgrade_request(ask, kOffer).find("Extensions: permessage-deflate"), std::string::npos);
}

TEST(Handshake, WhatAGuestMayNotSend) {
  const auto refused = [](std::string name, std::string value) {
    return !check_ask({}, {{std::move(name), to_bytes(as_bytes(value))}});
  };
  EXPECT_FALSE(refused("Authorization", "Bearer x"));
  for (const char* name :
       {"Host", "upgrade", "Connection", "Sec-WebSocket-Key", "sec-websocket-extensions",
        "Content-Length", "Transfer-Encoding", "", "a b", "a:b", "a\r\nb", "\xc3\xa9"}) {
    EXPECT_TRUE(refused(name, "x")) << name;
  }
  EXPECT_TRUE(refused("x", "a\r\nInjected: b"));
  EXPECT_TRUE(refused("x", std::string("a\0b", 3)));
  EXPECT_TRUE(refused("x", std::string(20'000, 'a')));
  EXPECT_FALSE(check_ask({"a b"}, {}));
  EXPECT_FALSE(check_ask({""}, {}));
  EXPECT_FALSE(check_ask(std::vector<std::string>(17, "p"), {}));
}

TEST(Handshake, AcceptsTheAnswerToItsKey) {
  const auto answer = read(answer_text());
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->deflate);
  EXPECT_TRUE(read(answer_text("Sec-WebSocket-Protocol: chat\r\n"), ask_of({"chat"})));
  EXPECT_TRUE(read(answer_text("Sec-WebSocket-Extensions: permessage-deflate\r\n"))->deflate);
}

TEST(Handshake, RefusesEveryOther) {
  EXPECT_EQ(read(answer_text("", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")).error().status, 0);
  EXPECT_FALSE(read(answer_text("Sec-WebSocket-Protocol: chat\r\n")));
  EXPECT_FALSE(read(answer_text("Sec-WebSocket-Protocol: other\r\n"), ask_of({"chat"})));
  EXPECT_FALSE(read(answer_text("Sec-WebSocket-Extensions: x-unknown\r\n")));
  EXPECT_FALSE(read(answer_text("Sec-WebSocket-Extensions: permessage-deflate\r\n"), ask_of(),
                    {kOffer.key, false}));
  EXPECT_FALSE(read("HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n"));
  EXPECT_FALSE(read("HTTP/1.0 101 X\r\n\r\n"));
  EXPECT_FALSE(read("SSH-2.0-OpenSSH\r\n\r\n"));
  EXPECT_FALSE(read("\r\n\r\n"));
}

TEST(Handshake, TellsRefusalsFromNonsense) {
  EXPECT_EQ(read("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").error().status, 403);
  EXPECT_FALSE(read("HTTP/1.1 403 Forbidden\r\n\r\n").error().is_temporary());
  EXPECT_TRUE(read("HTTP/1.1 503 Busy\r\n\r\n").error().is_temporary());
  EXPECT_TRUE(read("HTTP/1.1 429 Slow\r\n\r\n").error().is_temporary());
  EXPECT_EQ(read("HTTP/1.1 302 Found\r\nLocation: ws://b/\r\n\r\n").error().status, 302);
}

}  // namespace
}  // namespace theater::hosts::websocket_client
