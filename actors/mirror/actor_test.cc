// Walks through all cases and stops; whatever keeps the server from being there ends it as failed,
// with a line that says why.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

namespace {

using theater::Code;
using theater::testing::make_error;
using theater::testing::Stage;

std::vector<std::string> urls(Stage<Mirror>& stage) {
  std::vector<std::string> all;
  for (const auto& socket : stage.host().sockets) all.push_back(socket.url);
  return all;
}

TEST(MirrorActor, VisitsEachCaseAndStops) {
  Stage<Mirror> stage("ws://here");
  auto& sockets = stage.host().sockets;
  stage.connected(sockets[0]);
  stage.server_text(sockets[0], "1");
  stage.server_closed(sockets[0]);
  stage.connected(sockets[1]);
  stage.server_text(sockets[1], "hello");
  stage.server_binary(sockets[1], "\x01");
  EXPECT_EQ(sockets[1].texts, std::vector<std::string>{"hello"});
  EXPECT_EQ(sockets[1].binaries.size(), 1u);
  stage.server_closed(sockets[1], 1006, make_error(Code::kProtocol, "the case ends so"));
  EXPECT_FALSE(stage.host().stopped);
  stage.server_closed(sockets[2]);
  EXPECT_TRUE(stage.host().stopped);
  EXPECT_EQ(stage.error(), "");
  EXPECT_EQ(urls(stage), (std::vector<std::string>{"ws://here/getCaseCount",
                                                   "ws://here/runCase?case=1&agent=theater",
                                                   "ws://here/updateReports?agent=theater"}));
}

TEST(MirrorActor, FailsWithoutAServer) {
  Stage<Mirror> stage("ws://here");
  stage.server_closed(stage.host().sockets[0], 1006, make_error(Code::kUnreachable, "refused"));
  EXPECT_EQ(stage.error(), "ws://here: unreachable: refused");
  EXPECT_EQ(stage.host().log.back().text, stage.error());
  EXPECT_FALSE(stage.host().stopped);
}

TEST(MirrorActor, FailsIfTheServerTellsNoNumberOfCases) {
  Stage<Mirror> stage("ws://here");
  stage.connected(stage.host().sockets[0]);
  stage.server_closed(stage.host().sockets[0], 1000);
  EXPECT_EQ(stage.error(), "ws://here: it closed with 1000 and told no number of cases");
}

TEST(MirrorActor, FailsIfTheServerGoesAway) {
  Stage<Mirror> stage("ws://here");
  auto& sockets = stage.host().sockets;
  stage.connected(sockets[0]);
  stage.server_text(sockets[0], "9");
  stage.server_closed(sockets[0]);
  stage.server_closed(sockets[1], 1006, make_error(Code::kUnreachable, "refused"));
  EXPECT_EQ(stage.error(), "ws://here: unreachable: refused");
}

}  // namespace
