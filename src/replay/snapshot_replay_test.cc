// A snapshot is written beside the shard and recorded before anything else is delivered; a restart
// and an audit may begin at it, and end in the same root and head as from genesis; a damaged one is
// told and the one before serves.
#include <gmock/gmock.h>

#include "replay/testing/replay_node.h"

namespace theater::replay {
namespace {

using testing::expect_equal;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct SnapshotTest : ::testing::Test, testing::ReplayNode {
  SnapshotTest() { open(); }
  /// Goes on until there are so many snapshots.
  void live_until(std::size_t snapshots) {
    for (int i = 0; files().size() < snapshots; ++i) {
      ASSERT_LT(i, 1'000'000);
      script.push(1, i % 100 == 0 ? "me" : i % 50 == 1 ? "0" : "+r");
      executor.run();
      if (i % 100 == 0) settle();
    }
    settle();
  }
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const std::string& path : disk.files()) {
      if (path.ends_with(".snap")) found.push_back(path);
    }
    return found;
  }
  void damage(const std::string& path) {
    Bytes bytes = disk.content(path);
    bytes[bytes.size() / 2] ^= 1;
    disk.set_content(path, bytes);
  }
};

TEST_F(SnapshotTest, AuditsFromGenesisAndFromASnapshotEndInTheSameRoot) {
  start();
  live_until(2);
  tell("m+e");
  restart();
  tell("m+r");
  wasm = actor::testing::probe_wasm("1040) \"asked to fail", "1040) \"asked to FAIL");
  restart();  // an upgrade after the snapshot
  tell("mx");
  tell("m+");
  const actor::ActorStatus status = actor->status();
  kill();
  const auto whole = replay(), part = replay({.from = Seq{UINT64_MAX}});
  expect_equal(whole);
  expect_equal(part);
  const ActorReplay &all = whole->actors.at(0), &rest = part->actors.at(0);
  EXPECT_FALSE(all.snapshot);
  ASSERT_TRUE(rest.snapshot);
  EXPECT_EQ(rest.head, all.head);
  EXPECT_EQ(rest.head, status.head);
  EXPECT_EQ(rest.state_root, all.state_root);
  EXPECT_EQ(rest.name, all.name);
  EXPECT_EQ(rest.events + rest.snapshot->value + 1, all.events);
  EXPECT_LT(rest.invocations, all.invocations / 2);
  EXPECT_THAT(rest.bad_snapshots, IsEmpty());
}

TEST_F(SnapshotTest, AnAuditFromASeqBeginsAtTheSnapshotBeforeIt) {
  start();
  live_until(2);
  kill();
  const auto newest = replay({.from = Seq{UINT64_MAX}});
  ASSERT_TRUE(newest);
  const Seq second = newest->actors.at(0).snapshot.value();
  const auto before = replay({.from = second});
  expect_equal(before);
  const Seq first = before->actors.at(0).snapshot.value();
  EXPECT_LT(first, second);
  EXPECT_EQ(replay({.from = second.next()})->actors.at(0).snapshot, second);
  EXPECT_EQ(replay({.from = first})->actors.at(0).snapshot, std::nullopt) << "genesis";
  EXPECT_EQ(replay({.from = Seq{0}})->actors.at(0).snapshot, std::nullopt);
  const auto until = replay({.from = Seq{UINT64_MAX}, .until = Seq{second.value - 1}});
  expect_equal(until);
  EXPECT_EQ(until->actors.at(0).snapshot, first);
}

/// The disk stalls for so long that two more are due; then the power goes.
TEST_F(SnapshotTest, TheLastOneThatIsDurableKeepsItsFiles) {
  start();
  tell(std::string(3000, '+'));  // so that each change is nearly a chunk
  for (int i = 0; i < 1000 && files().empty(); ++i) tell("+");
  ASSERT_EQ(files().size(), 1u);
  const std::string durable = files()[0];
  tell("0" + std::string(2900, '+'));
  for (int i = 0; i < 800; ++i) {
    script.push(1, "+");
    executor.run();
  }
  EXPECT_GT(store->log().undurable_bytes(), 5u << 19) << "enough for two";
  EXPECT_EQ(files().size(), 2u);
  ASSERT_TRUE(disk.sync_directory(durable.substr(0, durable.rfind('/'))));
  kill();
  disk.crash([](std::uint64_t) { return false; });
  open();
  const auto image = store->history().take_image(store->history().actors().at(0).actor);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_THAT(image->bad_snapshots, IsEmpty());
  EXPECT_TRUE(image->snapshot);
}

TEST_F(SnapshotTest, ADamagedSnapshotIsToldAndTheOneBeforeServes) {
  start();
  live_until(2);
  tell("m+");
  const Digest head = actor->status().head;
  kill();
  const Seq newest = replay({.from = Seq{UINT64_MAX}})->actors.at(0).snapshot.value();
  damage(files().back());
  auto report = replay({.from = Seq{UINT64_MAX}});
  expect_equal(report);
  EXPECT_EQ(report->actors.at(0).head, head);
  EXPECT_LT(report->actors.at(0).snapshot.value(), newest);
  ASSERT_EQ(report->actors.at(0).bad_snapshots.size(), 1u);
  EXPECT_THAT(report->actors.at(0).bad_snapshots[0], HasSubstr(files().back()));
  damage(files().front());
  report = replay({.from = Seq{UINT64_MAX}});
  expect_equal(report);
  EXPECT_EQ(report->actors.at(0).head, head);
  EXPECT_FALSE(report->actors.at(0).snapshot) << "genesis serves";
  EXPECT_EQ(report->actors.at(0).bad_snapshots.size(), 2u);
  ASSERT_TRUE(disk.remove(files().back()));
  report = replay({.from = Seq{UINT64_MAX}});
  EXPECT_EQ(report->actors.at(0).bad_snapshots.size(), 2u) << "a missing one is told too";
  restart();
  EXPECT_EQ(store->history().actors().at(0).head.last, head);
}

TEST_F(SnapshotTest, OtherCodeIsCaughtAfterTheSnapshotToo) {
  start();
  live_until(1);
  tell("x");
  kill();
  const auto report = replay(
      {.from = Seq{UINT64_MAX},
       .component = actor::testing::probe_wasm("1040) \"asked to fail", "1040) \"asked to FAIL")});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_TRUE(report->actors.at(0).divergence);
  EXPECT_EQ(report->actors.at(0).divergence->reason, "the error differs");
}

/// Keeps what is posted until the test runs it.
struct HeldWorker final : io::Worker {
  std::vector<io::Task> tasks;
  void post(io::Task task) override { tasks.push_back(std::move(task)); }
  void run() {
    for (io::Task& task : std::exchange(tasks, {})) task();
  }
};

struct SlowSnapshotTest : SnapshotTest {
  HeldWorker held;

  SlowSnapshotTest() {
    kill();
    worker = &held;
    open();
    start();
    for (int i = 0; i < 20'000 && held.tasks.empty(); ++i) {
      script.push(1, "+");
      settle();
    }
    EXPECT_EQ(held.tasks.size(), 1u) << "a snapshot is being written";
  }
};

TEST_F(SlowSnapshotTest, NothingIsDeliveredUntilItIsRecorded) {
  const std::string before = state();
  const Seq next = actor->status().next_seq;
  script.push(1, "+");
  settle();
  EXPECT_EQ(state(), before);
  EXPECT_EQ(actor->status().next_seq, next);
  held.run();
  settle();
  EXPECT_NE(state(), before);
  const std::string after = state();
  restart();
  EXPECT_EQ(state(), after);
  EXPECT_EQ(script.count("load saved"), 1u);
  kill();
  const auto report = replay();
  ASSERT_TRUE(report && report->is_equal());
}

TEST_F(SlowSnapshotTest, AKilledActorIsNotWaitedForAndRecordsNoSnapshot) {
  actor->kill();
  const Seq next = actor->status().next_seq;
  held.run();
  settle();
  EXPECT_EQ(actor->status().next_seq, next);
  EXPECT_TRUE(actor->may_destroy());
}

TEST_F(SlowSnapshotTest, AnAnswerForADestroyedActorIsForgotten) {
  actor->kill();
  settle();
  actor.reset();
  held.run();
  settle();
}

TEST_F(SnapshotTest, SnapshotsRestoreWithoutOlderEvents) {
  start();
  for (int i = 0; i < 5500; ++i) {
    script.push(1, i % 100 == 0 ? "m" : i % 50 == 1 ? "0" : "+");
    executor.run();
    if (i % 100 == 0) settle();
  }
  settle();
  const std::string kept = state();
  restart();
  EXPECT_EQ(state(), kept);
  EXPECT_EQ(script.count("load saved"), 1u) << "the snapshot's part reached the family";
  script.push(1, "m+");
  settle();
  const Digest head = actor->status().head;
  kill();
  const auto report = replay();
  ASSERT_TRUE(report && report->is_equal());
  EXPECT_EQ(report->actors[0].head, head);
}

}  // namespace
}  // namespace theater::replay
