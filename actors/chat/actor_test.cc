// Everybody gets every text, numbered without gaps; who joins gets the last hundred.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

namespace {

using theater::testing::Stage;

TEST(Chat, SendsATextToEverybodyTheSenderIncluded) {
  Stage<Chat> stage;
  auto& first = stage.connect("/ws");
  auto& second = stage.connect("/ws");
  stage.text(second, "hello \"you\"\n");
  const std::vector<std::string> expected{R"({"seq":1,"from":"c2","text":"hello \"you\"\n"})"};
  EXPECT_EQ(first.texts, expected);
  EXPECT_EQ(second.texts, expected);
}

TEST(Chat, NumbersFromOneWithoutGaps) {
  Stage<Chat> stage;
  auto& client = stage.connect("/ws");
  stage.batch([&] {
    for (int i = 0; i < 3; ++i) stage.text(client, "x");
  });
  stage.text(client, "x");
  ASSERT_EQ(client.texts.size(), 4u);
  EXPECT_TRUE(client.texts[0].starts_with(R"({"seq":1,)"));
  EXPECT_TRUE(client.texts[3].starts_with(R"({"seq":4,)"));
}

TEST(Chat, GivesTheLastHundredToWhoJoins) {
  Stage<Chat> stage;
  auto& first = stage.connect("/ws");
  for (int i = 0; i < 103; ++i) stage.text(first, theater::concat("line ", i));
  auto& late = stage.connect("/ws");
  ASSERT_EQ(late.texts.size(), 100u);
  EXPECT_EQ(late.texts.front(), R"({"seq":4,"from":"c1","text":"line 3"})");
  EXPECT_EQ(late.texts.back(), first.texts.back());
  EXPECT_EQ(first.texts.size(), 103u);
}

TEST(Chat, ClosesWhoSendsBinary) {
  Stage<Chat> stage;
  auto& client = stage.connect("/ws");
  auto& other = stage.connect("/ws");
  stage.binary(client, "\x01\x02");
  EXPECT_EQ(client.close_code, 1003);
  stage.text(other, "still here");
  EXPECT_EQ(client.texts.size(), 0u);
  EXPECT_EQ(other.texts.size(), 1u);
}

}  // namespace
