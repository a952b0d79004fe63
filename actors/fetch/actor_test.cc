// Each client gets one answer for each URL: what came, or why nothing came.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

namespace {

using theater::Code;
using theater::testing::make_error;
using theater::testing::Stage;

TEST(FetchActor, TellsStatusAndSize) {
  Stage<Fetch> stage;
  auto& first = stage.connect();
  auto& second = stage.connect();
  stage.text(first, "https://a/");
  stage.text(second, "https://b/");
  stage.responded(stage.host().requests[1].id, theater::text_response("hello", 404));
  stage.responded(stage.host().requests[0].id, theater::text_response(""));
  EXPECT_EQ(first.texts, std::vector<std::string>{"https://a/: 200, 0 bytes"});
  EXPECT_EQ(second.texts, std::vector<std::string>{"https://b/: 404, 5 bytes"});
  EXPECT_TRUE(stage.host().pending.empty());
}

TEST(FetchActor, SaysWhyNothingCame) {
  Stage<Fetch> stage;
  auto& client = stage.connect();
  stage.text(client, "http://localhost/");
  stage.response_failed(stage.host().requests[0].id,
                        make_error(Code::kDenied, "localhost has a private address"));
  EXPECT_EQ(client.texts.back(), "http://localhost/: denied: localhost has a private address");
}

TEST(FetchActor, TellsHowFarItIsIfAsked) {
  Stage<Fetch> stage;
  auto& client = stage.connect();
  stage.text(client, "https://a/");
  stage.text(client, "watch https://b/");
  for (const auto& request : stage.host().requests) stage.progressed(request.id, 5, 10);
  EXPECT_EQ(client.texts, std::vector<std::string>{"https://b/: 5 of 10"});
}

}  // namespace
