// Tools beside a running node: verify finds nothing wrong, a follower sees every event once, in
// order, and only durable ones. Runs under the thread sanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "chain/limits.h"
#include "io/system_clock.h"
#include "store/event_cursor.h"
#include "store/store_fixture.h"
#include "store/verify.h"

namespace theater::store {
namespace {

constexpr int kInvocations = 400;

TEST(LiveNode, CanBeVerifiedAndFollowedWhileItWrites) {
  StoreFixture world;
  io::SystemClock clock;
  io::SystemRandom random;
  world.options.log.segment_bytes = 64 * 1024;
  world.store = NodeStore::open(world.disk, world.root, world.options, clock, random).value();
  chain::LogWriter& log = world.store->log();
  std::thread log_thread([&] { log.run(); });
  std::atomic<bool> done{false};

  std::thread verifier([&] {
    while (!done) {
      const auto report = verify(world.disk, world.root, {});
      ASSERT_TRUE(report) << report.error().message;
      ASSERT_TRUE(report->good()) << report->bad->location.file << " "
                                  << report->bad->location.offset << " " << report->bad->reason;
    }
  });
  std::atomic<std::uint64_t> followed{0};
  std::thread follower([&] {
    const auto cursor =
        EventCursor::open(world.disk, world.root, chain::ReadUpTo::kDurable, {}).value();
    for (Lsn expected{1};;) {
      const bool last_look = done;
      const auto event = cursor->next();
      ASSERT_TRUE(event) << event.error().message;
      if (*event != nullptr) {
        ASSERT_EQ((*event)->lsn, expected);
        ASSERT_LE((*event)->lsn, log.durable());
        followed = expected.value;
        expected = expected.next();
      } else if (last_look) {
        return;
      }
    }
  });

  TestActor actor(world, 1);
  for (int i = 0; i < kInvocations; ++i) {
    const Seq received = actor.receive(std::string(i % 50 == 0 ? 6000 : 60, 'e')).seq;
    actor.commit_quietly(received, std::to_string(i));
  }
  const Lsn last = actor.last_lsn();
  while (log.durable() < last) std::this_thread::yield();
  log.request_stop();
  log_thread.join();
  ASSERT_TRUE(log.stop());
  done = true;
  verifier.join();
  follower.join();
  EXPECT_EQ(followed.load(), last.value);
}

/// A running node whose actor has three snapshots, and what `act` does once, when the first of
/// them has been opened to be verified.
struct DroppedMeanwhile : ::testing::Test, StoreFixture {
  std::optional<TestActor> actor;
  std::vector<std::string> kept;

  void SetUp() override {
    ASSERT_TRUE(open());
    actor.emplace(*this, 1);
    snapshot(std::string(chain::kChunkBytes, 'a') + "1");
    snapshot(std::string(chain::kChunkBytes, 'a') + "2");
    snapshot("3");
    kept = snapshot_files();
    ASSERT_EQ(kept.size(), 3u) << "the second draws on the first";
  }
  void snapshot(const std::string& state) {
    actor->invoke(state);
    actor->snapshot("part");
  }
  chain::VerifyReport verify_while(const std::function<void()>& act) {
    bool is_done = false;
    disk.on_open([&](const std::string& path) {
      if (is_done || path != kept[0]) return;
      is_done = true;
      act();
    });
    auto report = verify(disk, root, {}).value();
    disk.on_open({});
    EXPECT_TRUE(is_done);
    return report;
  }
};

TEST_F(DroppedMeanwhile, AnOldSnapshotIsNoDamage) {
  const auto report = verify_while([&] { snapshot("4"); });
  EXPECT_TRUE(report.good()) << report.bad->location.file << ": " << report.bad->reason;
  EXPECT_FALSE(disk.exists(kept[1]));
  EXPECT_TRUE(disk.exists(kept[2]));
}

TEST_F(DroppedMeanwhile, TheNewestIsNoDamageWithTwoNewerOnesThere) {
  const auto report = verify_while([&] {
    snapshot("4");
    snapshot("5");
  });
  EXPECT_TRUE(report.good()) << report.bad->location.file << ": " << report.bad->reason;
  EXPECT_FALSE(disk.exists(kept[2]));
}

TEST_F(DroppedMeanwhile, TheNewestIsDamageWithFewerNewerOnes) {
  for (const bool has_newer : {false, true}) {
    const Bytes content = disk.content(kept[2]);
    const auto report = verify_while([&] {
      if (has_newer) snapshot("4");
      ASSERT_TRUE(disk.remove(kept[2]));
    });
    ASSERT_FALSE(report.good());
    EXPECT_EQ("/data/" + report.bad->location.file, kept[2]);
    ASSERT_TRUE(disk.open(kept[2], io::OpenMode::kCreate));
    disk.set_content(kept[2], content);
  }
}

}  // namespace
}  // namespace theater::store
