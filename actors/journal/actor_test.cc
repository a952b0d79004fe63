// The index is written when the folder has changed, not otherwise, one write at a time; one that
// failed is written again.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

namespace {

using namespace std::chrono_literals;
using theater::testing::Stage;

std::string index_of(Stage<Journal>& stage) {
  const theater::Bytes& bytes = stage.host().files["index/index.txt"];
  return {bytes.begin(), bytes.end()};
}

TEST(Journal, WritesWhatChanged) {
  Stage<Journal> stage("100");
  stage.host().files["notes/a"] = {'x', 'y'};
  stage.host().files["notes/b"] = {};
  stage.advance(100ms);
  EXPECT_EQ(index_of(stage), "a 2 x\nb 0 -\n");
  stage.file_changed(1);
  EXPECT_EQ(stage.host().log.back().text, "index written, 1");
  stage.advance(100ms);
  EXPECT_EQ(stage.host().next_id, 2u);
}

TEST(Journal, WritesOneAtATimeAndAgainAfterAFailure) {
  Stage<Journal> stage("100");
  stage.host().files["notes/a"] = {'x'};
  stage.advance(100ms);
  stage.host().files["notes/b"] = {'y'};
  stage.advance(100ms);
  EXPECT_EQ(stage.host().next_id, 2u);
  theater::Error error{};
  error.message = "full";
  stage.file_changed(1, theater::wit::Failure{error});
  stage.advance(100ms);
  EXPECT_EQ(index_of(stage), "a 1 x\nb 1 y\n");
}

}  // namespace
