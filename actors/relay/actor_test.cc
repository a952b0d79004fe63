// What a client says goes on to its server once that is secured, and back; what goes wrong with the
// server is in the log.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

namespace {

using theater::Code;
using theater::testing::make_error;
using theater::testing::Stage;
using theater::testing::TcpSocket;
using Order = theater::TcpOrder::Tag;
using Payload = theater::actor::tcp_types::Payload;

TEST(RelayActor, PassesBothWaysOnceItIsSecure) {
  Stage<Relay> stage("example.com:443");
  TcpSocket& client = stage.tcp_accepted();
  TcpSocket& server = stage.host().connections[1];
  EXPECT_EQ(server.host, "example.com");
  stage.tcp_opened(server);
  EXPECT_EQ(server.orders, std::vector<Order>{Order::kStartTls});
  EXPECT_EQ(client.pieces, 0u);
  stage.tcp(server.id, Payload::make_secured());
  EXPECT_EQ(client.pieces, kPieces);
  stage.tcp_data(client, "question");
  stage.tcp_data(server, "answer");
  EXPECT_EQ(server.sent, "question");
  EXPECT_EQ(client.sent, "answer");
  stage.tcp_closed(server);
  EXPECT_EQ(client.orders.back(), Order::kClose);
  EXPECT_TRUE(stage.host().log.empty());
}

TEST(RelayActor, SaysWhyThereIsNoServer) {
  Stage<Relay> stage("nowhere.example:443");
  TcpSocket& client = stage.tcp_accepted();
  stage.tcp_closed(stage.host().connections[1], make_error(Code::kUnreachable, "no address"));
  EXPECT_EQ(client.orders, std::vector<Order>{Order::kClose});
  ASSERT_EQ(stage.host().log.size(), 1u);
  EXPECT_EQ(stage.host().log[0].text, "nowhere.example:443: unreachable: no address");
}

TEST(RelayActor, RefusesParametersThatAreNoTarget) {
  EXPECT_NE(Stage<Relay>("example.com").error(), "");
  EXPECT_NE(Stage<Relay>("example.com:0").error(), "");
  EXPECT_NE(Stage<Relay>(":443").error(), "");
}

}  // namespace
