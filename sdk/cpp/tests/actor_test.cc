// An invocation is all or nothing: state and effects together, or neither.
#include <gtest/gtest.h>

#include "theater/runtime.h"
#include "theater/testing.h"
#include "theater/timer.h"
#include "theater/websocket_server.h"

namespace theater {
namespace {

using namespace std::chrono_literals;

struct State {
  std::uint64_t texts = 0;
  std::uint64_t ticks = 0;
  std::uint64_t missed = 0;
};

class Sample : public Actor<State>, public WebSocketServerHandler, public TimerHandler {
 public:
  void on_init(BytesView params) override {
    if (!params.empty()) return fail("no params, please");
    timer::every("beat", 1s);
    timer::after("once", 1500ms);
  }
  void on_open(Connection connection, const Opening& opening) override {
    connection.subscribe(opening.path);
  }
  void on_text(Connection from, std::string_view text) override {
    ++state().texts;
    from.send_text(concat(state().texts, " ", text));
    if (text == "bad") fail("a bad word");
    if (text == "publish") publish_text("/red", "to the red");
    if (text == "stop") stop();
    log::info("text ", text);
    ++unsaved_;
  }
  void on_binary(Connection from, BytesView) override {
    const Outcome sent = Connection(7).send_text("?");
    from.send_text(name_of(sent.error().code));
  }
  void on_tick(const Tick& tick) override {
    ++state().ticks;
    state().missed += tick.missed;
    if (tick.name == "once") timer::cancel("beat");
  }
  std::uint64_t unsaved_ = 0;
};

TEST(ActorTest, KeepsItsStateFromOneInvocationToTheNext) {
  testing::Stage<Sample> stage;
  auto& client = stage.connect();
  stage.text(client, "a");
  stage.text(client, "b");
  EXPECT_EQ(client.texts, (std::vector<std::string>{"1 a", "2 b"}));
}

TEST(ActorTest, AFailedBatchLeavesNothingBehind) {
  testing::Stage<Sample> stage;
  auto& client = stage.connect();
  stage.text(client, "a");
  const Bytes before = stage.state();
  stage.batch([&] {
    stage.text(client, "b");
    stage.text(client, "bad");
    stage.text(client, "c");
  });
  EXPECT_EQ(stage.error(), "a bad word");
  EXPECT_EQ(stage.state(), before);
  EXPECT_EQ(client.texts, std::vector<std::string>{"1 a"});
  stage.text(client, "d");
  EXPECT_EQ(stage.error(), "");
  EXPECT_EQ(client.texts.back(), "2 d");
}

TEST(ActorTest, MayRefuseToStart) {
  testing::Stage<Sample> stage("params");
  EXPECT_EQ(stage.error(), "no params, please");
  EXPECT_TRUE(stage.host().timers.empty());
}

TEST(ActorTest, RefusesAStateItCannotRead) {
  testing::Stage<Sample> stage;
  stage.set_state({9, 9, 9});
  stage.connect();
  EXPECT_NE(stage.error().find("cannot read the state: version 9"), std::string::npos);
}

TEST(ActorTest, PublishesToTheTopicOnly) {
  testing::Stage<Sample> stage;
  auto& red = stage.connect("/red");
  auto& blue = stage.connect("/blue");
  stage.text(blue, "publish");
  EXPECT_EQ(red.texts, std::vector<std::string>{"to the red"});
  EXPECT_EQ(blue.texts, std::vector<std::string>{"1 publish"});
}

TEST(ActorTest, SeesTheErrorOfACall) {
  testing::Stage<Sample> stage;
  auto& client = stage.connect();
  stage.binary(client, "\x01");
  EXPECT_EQ(client.texts, std::vector<std::string>{"not-found"});
}

TEST(ActorTest, GetsItsTicks) {
  testing::Stage<Sample> stage;
  stage.advance(999ms);
  EXPECT_EQ(stage.host().timers.size(), 2u);
  stage.advance(1ms);
  stage.advance(3s);
  EXPECT_EQ(stage.error(), "");
  EXPECT_TRUE(stage.host().timers.empty());
  EXPECT_EQ(stage.state(), (Bytes{1, 0, 3, 2}));
}

TEST(ActorTest, LogsAndStops) {
  testing::Stage<Sample> stage;
  auto& client = stage.connect();
  stage.text(client, "stop");
  ASSERT_EQ(stage.host().log.size(), 1u);
  EXPECT_EQ(stage.host().log[0].text, "text stop");
  EXPECT_TRUE(stage.host().stopped.has_value());
}

}  // namespace
}  // namespace theater
