// Whoever is told of an answer finds the wait over: its timer gone, its family let go of it. The
// actor may end at that very answer.
#include "host/waiting.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "host/fake_actor.h"

namespace theater::host {
namespace {

/// Does what the test says when a wait is answered.
class AnsweredActor final : public actor::ActorPort {
 public:
  std::function<void(std::uint64_t ticket)> on_answer;

  const actor::Identity& identity() const override { return who_; }
  void events_ready() override {}
  void record_overflow(const actor::Overflow&) override {}
  void stop_requested(ByteSpan) override {}
  void answer_wait(std::uint64_t ticket, ByteSpan) override { on_answer(ticket); }
  void drained() override {}

 private:
  actor::Identity who_{ActorId{}, "answered", Digest{}};
};

class WaitBookTest : public ::testing::Test, protected WaitUser {
 protected:
  WaitBookTest() {
    actor.on_answer = [this](std::uint64_t ticket) {
      log.push_back(fmt::format("answer {}: {} waits, {} timers", ticket, book.size(),
                                shard.executor.timer_count()));
      if (ends_at_answer) book.interrupt();  // as an actor does that cannot record it
    };
  }
  void on_wait_over(std::uint64_t ticket) override {
    log.push_back(fmt::format("let go {}", ticket));
  }
  void open(std::uint64_t ticket) {
    const auto opened =
        book.open({0, {}, 0, Seq{ticket}, ticket}, [](const GuestError&) { return Bytes{1}; });
    ASSERT_TRUE(opened);
  }
  std::vector<std::string> take() { return std::exchange(log, {}); }

  std::vector<std::string> log;
  bool ends_at_answer = false;
  FakeShard shard;
  AnsweredActor actor;
  WaitBook book{Context{shard.services, actor}, *this};
};

using Log = std::vector<std::string>;

TEST_F(WaitBookTest, AnAnswerOfTheFamilyFindsTheWaitOver) {
  open(5);
  EXPECT_TRUE(book.answer(5, {}));
  EXPECT_EQ(take(), Log{"answer 5: 0 waits, 0 timers"});
}

TEST_F(WaitBookTest, AtItsDeadlineTheFamilyLetsGoBeforeTheActorIsTold) {
  open(5);
  shard.executor.advance(actor.call_time_max());
  EXPECT_EQ(take(), (Log{"let go 5", "answer 5: 0 waits, 0 timers"}));
}

TEST_F(WaitBookTest, AtAStopTheFamilyLetsGoBeforeTheActorIsTold) {
  open(5);
  book.interrupt();
  EXPECT_EQ(take(), (Log{"let go 5", "answer 5: 0 waits, 0 timers"}));
}

TEST_F(WaitBookTest, AnActorThatEndsAtTheAnswerIsToldOnce) {
  ends_at_answer = true;
  open(5);
  shard.executor.advance(actor.call_time_max());
  EXPECT_EQ(take(), (Log{"let go 5", "answer 5: 0 waits, 0 timers"}));
}

}  // namespace
}  // namespace theater::host
