// Texts are counted over all clients; binary messages are refused.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

TEST(MyActor, CountsTexts) {
  theater::testing::Stage<MyActor> stage;
  auto& first = stage.connect();
  auto& second = stage.connect();
  stage.text(first, "hello");
  stage.text(second, "there");
  EXPECT_EQ(first.texts.back(), "text 1: hello");
  EXPECT_EQ(second.texts.back(), "text 2: there");
}

TEST(MyActor, RefusesBinary) {
  theater::testing::Stage<MyActor> stage;
  auto& client = stage.connect();
  stage.binary(client, "\x01");
  EXPECT_EQ(client.close_code, 1003);
}
