// Nothing that was acknowledged is lost or changed by a kill, a power cut or a failing disk; after
// a failed write or sync nothing more is acknowledged (CHAIN-4). That each sync is needed for it:
// sync_sites_test.cc.
#include <gtest/gtest.h>

#include <cstdlib>

#include "chain/crash_world.h"

namespace theater::chain {
namespace {

std::uint64_t count_from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Crash, PowerCutsLoseNothingAcknowledged) {
  int torn = 0;
  const std::uint64_t seeds = count_from_environment("THEATER_CRASH_SEEDS", 300);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CrashWorld world(seed);
    const Status status = world.live_and_lose_power(5, &torn);
    ASSERT_TRUE(status) << status.error().message << "; seed " << seed
                        << "; repeat with THEATER_CRASH_SEEDS=" << seed;
  }
  EXPECT_GT(torn, 0) << "the cut of an unfinished write was never met";
}

TEST(Crash, KillsLoseNothingAcknowledged) {
  const std::uint64_t cycles = count_from_environment("THEATER_KILL_CYCLES", 2000);
  std::unique_ptr<CrashWorld> world;
  for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
    // A young log now and then: reading all of it is most of the time.
    if (cycle % 50 == 0) world = std::make_unique<CrashWorld>(4711 + cycle);
    ASSERT_TRUE(world->start()) << cycle;
    const Status status = world->check();
    ASSERT_TRUE(status) << status.error().message << "; cycle " << cycle;
    world->work(world->below(12));
    world->kill();
  }
}

/// The same work on a disk that fails at one call; the world afterwards, restarted.
void expect_safe_with_fault(std::uint64_t seed, std::uint64_t call, io::DiskFault fault) {
  CrashWorld world(seed);
  ASSERT_TRUE(world.start());
  world.work(20);
  world.disk.fail_call(world.disk.calls() + call, fault);
  world.work(60);
  const bool failed = world.log->failed();
  const Lsn durable = world.log->durable();
  if (failed) {
    EXPECT_EQ(world.log->step(), StepOutcome::kFailed);
    EXPECT_EQ(world.receive(*world.actors[0], 1, 1).error().code, Code::kIo);
    EXPECT_EQ(world.log->durable(), durable);
    EXPECT_FALSE(world.log->failure().empty());
  }
  world.disk.clear_faults();
  world.cut_power();
  const Status started = world.start();
  ASSERT_TRUE(started) << started.error().message << " seed " << seed << " call " << call;
  const Status status = world.check();
  ASSERT_TRUE(status) << status.error().message << " seed " << seed << " call " << call;
}

TEST(Crash, AnyFailingCallStopsTheLogAndLosesNothing) {
  for (const auto fault : {io::DiskFault::kError, io::DiskFault::kNoSpace,
                           io::DiskFault::kTornWrite, io::DiskFault::kSyncDropsPages}) {
    for (std::uint64_t call = 0; call < 70; ++call) {
      expect_safe_with_fault(call % 5 + 1, call, fault);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(Crash, ShortAndInterruptedCallsChangeNothing) {
  for (const auto fault : {io::DiskFault::kShort, io::DiskFault::kInterrupted}) {
    for (std::uint64_t call = 0; call < 70; ++call) {
      CrashWorld world(3);
      ASSERT_TRUE(world.start());
      world.disk.fail_call(world.disk.calls() + call, fault);
      world.work(60);
      ASSERT_FALSE(world.log->failed());
      world.close();
      ASSERT_TRUE(world.check());
    }
  }
}

/// The process ends between the write of a batch and its sync, or in that sync; the next one finds
/// the batch and vouches for it; then the power goes.
TEST(Crash, AStartVouchesForNoBatchThatItHasNotSynced) {
  for (const auto fault : {io::DiskFault::kError, io::DiskFault::kSyncLeavesClean}) {
    LogFixture world;
    ASSERT_TRUE(world.open());
    auto actor = world.create(1);
    world.step_all();
    ASSERT_TRUE(world.receive(*actor, 1, 10));
    world.disk.fail_call(world.disk.calls() + 1, fault);  // write, sync
    ASSERT_EQ(world.log->step(), StepOutcome::kFailed);
    world.kill();
    world.disk.clear_faults();
    ASSERT_TRUE(world.open());
    ASSERT_EQ(world.log->durable(), Lsn{2});
    world.kill();
    world.disk.crash([](std::uint64_t) { return false; });
    const Status again = world.open();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(world.log->durable(), Lsn{2});
  }
}

/// Any call may be the last that a process makes; the next one goes on with what it finds, names
/// included; then the power goes, and nothing survives that was not synced.
TEST(Crash, NothingThatAStartFoundIsLostAfterIt) {
  for (const auto fault : {io::DiskFault::kError, io::DiskFault::kSyncLeavesClean}) {
    for (std::uint64_t call = 0; call < 120; ++call) {
      CrashWorld world(call % 4 + 1);
      ASSERT_TRUE(world.start());
      world.disk.fail_from(world.disk.calls() + call, fault);
      world.work(100);
      world.kill();
      world.disk.clear_faults();
      ASSERT_TRUE(world.start()) << call;
      world.remember_acknowledged();
      world.append_something();
      world.step_all();
      world.remember_acknowledged();
      world.kill();
      world.disk.crash([](std::uint64_t) { return false; });
      const Status again = world.start();
      ASSERT_TRUE(again) << again.error().message << "; call " << call;
      const Status kept = world.check();
      ASSERT_TRUE(kept) << kept.error().message << "; call " << call;
    }
  }
}

TEST(Crash, NothingIsAcknowledgedAfterASyncFailedOnce) {
  CrashWorld world(9);
  ASSERT_TRUE(world.start());
  world.step_all();
  const Lsn before = world.log->durable();
  ASSERT_TRUE(world.receive(*world.actors[0], 1, 10));
  world.disk.fail_call(world.disk.calls() + 1, io::DiskFault::kSyncDropsPages);  // write, sync
  EXPECT_EQ(world.log->step(), StepOutcome::kFailed);
  EXPECT_EQ(world.log->step(), StepOutcome::kFailed);
  EXPECT_FALSE(world.log->stop());
  EXPECT_EQ(world.log->durable(), before);
}

/// An actor on a disk that has little room, and what it receives until the disk is in `state` or
/// the log has failed.
struct FullDisk : LogFixture {
  FullDisk() {
    options.segment_bytes = 64 * 1024;
    CHECK(open().has_value(), "the memory disk is good");
    actor = create(1);
    step_all();
    disk.set_capacity(6 * 64 * 1024);
  }
  void receive_until(DiskState state) {
    for (int i = 0; i < 1000 && log->disk_state() != state && !log->failed(); ++i) {
      ASSERT_TRUE(receive(*actor, 1, 3000));
      (void)idle();
      if (seen.back() != log->disk_state()) seen.push_back(log->disk_state());
    }
  }
  std::unique_ptr<ActorChain> actor;
  std::vector<DiskState> seen{DiskState::kGood};
};

TEST(Crash, AFullDiskRefusesCallsLetsWorkEndAndResumes) {
  FullDisk world;
  world.receive_until(DiskState::kHard);
  EXPECT_EQ(world.seen, (std::vector{DiskState::kGood, DiskState::kSoft, DiskState::kHard}));
  const auto refused = world.call(*world.actor, {1}, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kNoSpace);
  EXPECT_TRUE(world.receive(*world.actor, 1, 3000)) << "begun before anybody knew";
  EXPECT_TRUE(world.overflow(*world.actor, 1, 10));
  EXPECT_TRUE(world.commit(*world.actor, {1}, empty_state_root()));
  RecordDraft goodbye{Kind::kLifecycle};
  goodbye.body = LifecycleBody{LifecycleStep::kStop, 0};
  EXPECT_TRUE(world.actor->append(goodbye));
  EXPECT_EQ(world.step_all(), StepOutcome::kIdle);
  EXPECT_EQ(world.log->undurable_bytes(), 0u);
  world.disk.set_capacity(UINT64_MAX);
  (void)world.idle();
  world.clock.advance(kSpaceInterval);
  (void)world.log->step();
  EXPECT_EQ(world.log->disk_state(), DiskState::kGood);
  EXPECT_TRUE(world.call(*world.actor, {1}, 0));
  world.close();
  EXPECT_TRUE(world.read());
}

TEST(Crash, AReserveThatIsUsedUpStopsTheLogByNameAndLosesNothing) {
  FullDisk world;
  world.receive_until(DiskState::kHard);
  while (!world.log->failed()) {
    ASSERT_TRUE(world.receive(*world.actor, 1, 3000));
    (void)world.step_all();
  }
  EXPECT_TRUE(world.log->failure().contains("/data/log/spare")) << world.log->failure();
  EXPECT_TRUE(world.log->failure().contains("No space left")) << world.log->failure();
  const Lsn durable = world.log->durable();
  world.kill();
  world.disk.crash([](std::uint64_t) { return false; });
  world.disk.set_capacity(UINT64_MAX);
  ASSERT_TRUE(world.open());
  EXPECT_EQ(world.log->durable(), durable);
}

TEST(Crash, AFullDiskAtAPayFilesBeginIsMetByTheReserve) {
  for (std::uint64_t call = 0; call < 2; ++call) {  // it is made; it is written
    LogFixture world;
    ASSERT_TRUE(world.open());
    auto actor = world.create(1);
    (void)world.idle();
    ASSERT_TRUE(world.receive(*actor, 1, 200'000));
    // Behind a name's sync when it was made: a sync that fails is the end.
    world.disk.fail_call(world.disk.calls() + 2 * call, io::DiskFault::kNoSpace);
    EXPECT_EQ(world.step_all(), StepOutcome::kIdle) << call;
    EXPECT_EQ(world.log->disk_state(), DiskState::kHard) << call;
    EXPECT_FALSE(world.log->failed()) << call;
    world.close();
    EXPECT_TRUE(world.read()) << call;
  }
}

}  // namespace
}  // namespace theater::chain
