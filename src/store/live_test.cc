// Tools beside a running node: verify finds nothing wrong, a follower sees every event once, in
// order, and only durable ones; no tool is shown others. Runs under the thread sanitizer.
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

/// A running node, and a tool that reads beside it.
struct BesideANode : ::testing::Test, StoreFixture {
  std::optional<TestActor> actor;

  void SetUp() override {
    ASSERT_TRUE(open());
    actor.emplace(*this, 1);
    step_all();
  }
  /// The seq behind the last event that a tool is shown.
  std::uint64_t shown(const ActorHistory::Pause& pause) {
    const auto history =
        ActorHistory::open_beside(disk, root, ActorHistory::Load::kSummaries, pause).value();
    const ActorSummary* const summary = history->find(actor->id());
    return summary == nullptr ? 0 : summary->head.next.value;
  }
  /// The node is idle for a while: its log proves the last batch.
  bool let_it_seal() {
    clock.advance(chain::kSealAfterIdle);
    EXPECT_EQ(store->log().step(), chain::StepOutcome::kSealed);
    return true;
  }
};

TEST_F(BesideANode, AToolIsShownWhatIsProvedDurable) {
  const std::uint64_t begun = actor->chain().head().next.value;
  const Seq committed = actor->invoke("acknowledged");
  int pauses = 0;
  EXPECT_EQ(shown([&] { return ++pauses < 3; }), begun) << "nothing vouches for the last batch";
  EXPECT_EQ(pauses, 3);
  EXPECT_EQ(shown([&] { return let_it_seal(); }), committed.next().value);
}

TEST_F(BesideANode, AToolThatWaitsForAProofWaitsForNoMore) {
  const Seq committed = actor->invoke("acknowledged");
  const auto work_on = [&] {
    actor->invoke("later");
    return true;
  };
  EXPECT_EQ(shown(work_on), committed.next().value) << "the next batch is the proof";
}

TEST_F(BesideANode, WhatComesLaterIsNotShown) {
  const Seq committed = actor->invoke("seen");
  let_it_seal();
  const auto never = [] { return false; };
  const auto history =
      ActorHistory::open_beside(disk, root, ActorHistory::Load::kSummaries, never).value();
  actor->invoke("later");
  let_it_seal();
  Seq last;
  ASSERT_TRUE(history->for_each({actor->id()}, [&](const StoredEvent& event) {
    last = event.record.link.seq;
    return Result<ActorHistory::Visit>(ActorHistory::Visit::kContinue);
  }));
  EXPECT_EQ(last, committed);
  EXPECT_EQ(as_text(history->state_at(actor->id(), std::nullopt)->bytes()), "seen");
}

/// Nobody will prove it; the next start would take it over.
TEST_F(BesideANode, OfAKilledNodeAllIsShownThatIsThere) {
  const Seq committed = actor->invoke("acknowledged");
  kill();
  const auto never = [] {
    ADD_FAILURE() << "there is nothing to wait for";
    return false;
  };
  EXPECT_EQ(shown(never), committed.next().value);
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
