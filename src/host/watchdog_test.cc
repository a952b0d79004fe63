// The watchdog names a function that blocks or computes for more than 5 ms, says of which family,
// and is silent about all others; the families behind it behave as without it.
#include "host/watchdog.h"

#include <gtest/gtest.h>

#include <vector>

#include "host/fake_actor.h"
#include "host/testing/errands.h"

namespace theater::host {
namespace {

using testing::ErrandFamily;
using testing::Errands;

class WatchdogTest : public ::testing::Test {
 protected:
  WatchdogTest() {
    auto made = watchdog.create(family, actor::Setting{}, {shard.services, actor});
    CHECK(made, "an empty grant is well formed");
    instance = *std::move(made);
    actor.ports = instance->operations();
  }
  ~WatchdogTest() override { instance->stop(actor::StopMode::kKill); }

  actor::CallOutcome run(const std::string& what) {
    ++id;
    Bytes result;
    const Bytes arguments = arguments_of(what);
    const auto outcome = instance->call(ErrandFamily::kRun, arguments, {Seq{id}, 0, id}, result);
    instance->settle(actor::Settlement::kCommitted);
    if (outcome != actor::CallOutcome::kReturn) return outcome;
    instance->perform({ErrandFamily::kRun, arguments, id, Seq{id}, 0});
    return outcome;
  }

  Errands errands;
  ErrandFamily family{errands};
  FakeShard shard;
  std::vector<std::string> named;
  Watchdog watchdog{[this](const Hold& hold) {
    EXPECT_GT(hold.time.blocked, kHoldMax);
    EXPECT_LT(hold.time.total(), std::chrono::seconds(5));
    named.push_back(fmt::format("{} {}", hold.family, hold.function));
  }};
  FakeActor actor;
  std::unique_ptr<actor::FamilyInstance> instance;
  std::uint64_t id = 0;
};

TEST_F(WatchdogTest, NamesWhoBlocks) {
  EXPECT_EQ(run("blocked"), actor::CallOutcome::kReturn);
  EXPECT_EQ(named, (std::vector<std::string>{"errand run"}));
}

TEST_F(WatchdogTest, NamesWhoBlocksAtItsStartAndItsEnd) {
  errands.is_slow = true;
  EXPECT_TRUE(instance->recover());
  instance->stop(actor::StopMode::kDrain);
  errands.is_slow = false;
  EXPECT_EQ(named, (std::vector<std::string>{"errand recover", "errand stop"}));
}

TEST_F(WatchdogTest, NamesWhoBlocksWhenItIsCalledBack) {
  EXPECT_EQ(run("milk"), actor::CallOutcome::kReturn);
  errands.is_slow = true;
  shard.executor.advance(std::chrono::seconds(30));  // its deadline: it is told to give up
  errands.is_slow = false;
  EXPECT_EQ(named, (std::vector<std::string>{"errand timer"}));
}

TEST_F(WatchdogTest, IsSilentAboutWhoDoesNotAndPassesEverythingOn) {
  EXPECT_TRUE(instance->recover());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run("milk"), actor::CallOutcome::kReturn);
  EXPECT_EQ(run("secret"), actor::CallOutcome::kDenied);
  EXPECT_EQ(errands.take(), (std::vector<std::string>{"begin 1 milk first", "begin 2 milk first"}));
  EXPECT_EQ(instance->census().operations, 3u);
  EXPECT_EQ(instance->info().name, "errand");
  EXPECT_FALSE(instance->save().empty());
  actor::Figures figures;
  instance->measure(figures);
  EXPECT_NE(instance->events(), nullptr);
  instance->stop(actor::StopMode::kDrain);
  EXPECT_TRUE(named.empty()) << named.front();
}

}  // namespace
}  // namespace theater::host
