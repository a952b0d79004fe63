// Replay runs recorded actors again without the world and finds every event equal; a changed
// record, a changed component or a missing byte is found at the first event it concerns. Cites
// CHAIN-3: the chain is all that replay has.
#include "replay/replay.h"

#include <gmock/gmock.h>

#include "actor/testing/actor_fixture.h"
#include "io/memory/memory_disk.h"
#include "store/node_store.h"

namespace theater::replay {
namespace {

using actor::testing::probe_program;
using actor::testing::probe_wasm;
using ::testing::HasSubstr;

/// One actor of probe.wat on a real store, on a disk in memory.
struct ReplayTest : ::testing::Test {
  io::MemoryDisk disk;
  io::ManualClock clock;
  io::SteppingExecutor executor{clock};
  io::SeededRandom random{7};
  actor::testing::ProbeScript script;
  actor::testing::ProbeSet set{script};
  std::string manifest_text = "name = \"probe\"\ncomponent = \"x\"\n[grants.probe]\n";
  Bytes wasm = probe_wasm();
  std::unique_ptr<store::NodeStore> store;
  std::unique_ptr<actor::Shard> shard;
  std::unique_ptr<actor::Actor> actor;

  io::Worker* worker = nullptr;

  ReplayTest() { open(); }

  void open() {
    store::NodeStoreOptions options;
    options.log.segment_bytes = 2 << 20;
    options.log.reserve = chain::Reserve::kNone;
    auto opened = store::NodeStore::open(disk, "/data", options, clock, random);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
    shard = std::make_unique<actor::Shard>(
        actor::ShardPorts{executor, clock, random, store->log(), {0}, worker});
  }
  actor::ActorSetup setup() {
    EXPECT_TRUE(store->components().put(wasm));
    actor::ActorSetup made{*actor::parse_manifest(manifest_text, "test.toml", "", {}),
                           probe_program(set, wasm), set, &store->snapshots()};
    return made;
  }
  void start() {
    auto made = actor::Actor::create(*shard, setup());
    ASSERT_TRUE(made) << made.error().message;
    actor = std::move(*made);
    settle();
  }
  void settle() {
    for (bool more = true; more;) {
      more = executor.run() > 0;
      while (store->log().step() == chain::StepOutcome::kWrote) more = true;
    }
  }
  void kill_node() {
    actor.reset();
    shard.reset();
    store.reset();
    executor.run();
    script.queue.clear();
  }
  void restart() {
    kill_node();
    open();
    const ActorId id = store->history().actors().at(0).actor;
    auto image = store->history().take_image(id);
    ASSERT_TRUE(image) << image.error().message;
    auto made = actor::Actor::open(*shard, setup(), std::move(*image));
    ASSERT_TRUE(made) << made.error().message;
    actor = std::move(*made);
    settle();
  }
  Result<ReplayReport> run(const ReplayOptions& options = {}) {
    TRY(const auto history,
        store::ActorHistory::open(disk, "/data", store::ActorHistory::Load::kSummaries));
    store::ComponentStore components(disk, store::NodeLayout{"/data"}.components());
    return replay({actor::testing::shared_engine(), *history, components, set.infos(), ""},
                  options);
  }
  /// A run with something of everything.
  void live() {
    for (int i = 0; i < 40; ++i) {
      for (const char* commands : {"+", "er+", "m", "od", "x", "e+t", "c", "h", "0"}) {
        script.push(static_cast<std::uint64_t>(i), commands);
        if (i % 3 != 0) settle();
      }
      settle();
      if (i % 10 == 5) actor->evict();
    }
    script.push(1, "w+");
    settle();
    script.port->answer_wait(script.waits.at(0), Bytes{0x41});
    settle();
  }
};

TEST_F(ReplayTest, ALongRunIsEqual) {
  start();
  live();
  const actor::ActorStatus status = actor->status();
  kill_node();
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->actors.size(), 1u);
  const ActorReplay& one = report->actors[0];
  ASSERT_TRUE(report->is_equal()) << one.divergence->seq.value << ": " << one.divergence->reason
                                  << "\n"
                                  << one.divergence->recorded << "\n--\n"
                                  << one.divergence->recomputed;
  EXPECT_EQ(one.events, status.next_seq.value);
  EXPECT_EQ(one.head, status.head);
  EXPECT_EQ(one.state_root, status.state_root);
  EXPECT_GT(one.invocations, 300u);
  EXPECT_EQ(one.name, "probe");
}

TEST_F(ReplayTest, RestartsUpgradesAndInterruptionsAreEqual) {
  start();
  script.push(1, "+em");
  settle();
  restart();
  script.push(2, "w+");
  settle();
  wasm = probe_wasm("1040) \"asked to fail", "1040) \"asked to FAIL");
  restart();
  script.push(3, "rm");
  script.push(3, "x");
  settle();
  const actor::ActorStatus status = actor->status();
  kill_node();
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message;
  const ActorReplay& one = report->actors[0];
  ASSERT_TRUE(report->is_equal()) << one.divergence->seq.value << ": " << one.divergence->reason
                                  << "\n"
                                  << one.divergence->recorded << "\n--\n"
                                  << one.divergence->recomputed;
  EXPECT_EQ(one.skipped, 1u) << "the interrupted wait";
  EXPECT_EQ(one.head, status.head);
}

TEST_F(ReplayTest, FreshInstancesAndDeadlinesAreEqual) {
  manifest_text =
      "name = \"probe\"\ncomponent = \"x\"\ninstance = \"fresh\"\n[grants.probe]\n"
      "[limits]\ndeadline = \"20ms\"\n";
  start();
  for (const char* commands : {"c", "l", "c+", "t", "c"}) {
    script.push(1, commands);
    settle();
  }
  const Digest head = actor->status().head;
  kill_node();
  const auto report = run();
  ASSERT_TRUE(report && report->is_equal());
  EXPECT_EQ(report->actors[0].skipped, 1u);
  EXPECT_EQ(report->actors[0].head, head);
}

TEST_F(ReplayTest, UntilStopsThere) {
  start();
  live();
  kill_node();
  const auto report = run({.until = Seq{4}});
  ASSERT_TRUE(report && report->is_equal());
  EXPECT_EQ(report->events(), 5u);
}

TEST_F(ReplayTest, OtherCodeIsCaughtAtItsFirstDifference) {
  start();
  script.push(1, "+");
  settle();
  script.push(2, "x");  // seq 7, 8
  settle();
  script.push(3, "+");
  settle();
  kill_node();
  const auto report =
      run({.component = probe_wasm("1040) \"asked to fail", "1040) \"asked to FAIL")});
  ASSERT_TRUE(report) << report.error().message;
  const auto& divergence = report->actors[0].divergence;
  ASSERT_TRUE(divergence);
  EXPECT_EQ(divergence->seq, Seq{8});
  EXPECT_EQ(divergence->kind, chain::Kind::kTrap);
  EXPECT_EQ(divergence->reason, "the error differs");
  EXPECT_THAT(divergence->recorded, HasSubstr("asked to fail"));
  EXPECT_THAT(divergence->recomputed, HasSubstr("asked to FAIL"));
}

TEST_F(ReplayTest, OtherCallsAreCaught) {
  start();
  script.push(1, "+e");
  settle();
  kill_node();
  {
    const auto report = run({.component = probe_wasm("(i32.const 1024) (i32.const 6)",
                                                     "(i32.const 1024) (i32.const 5)")});
    ASSERT_TRUE(report && !report->is_equal());
    EXPECT_EQ(report->actors[0].divergence->seq, Seq{6});
  }
  const auto report = run({.component = probe_wasm("(call $push (i32.const 0x2b))",
                                                   "(call $push (i32.wrap_i64 (call $read)))")});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_FALSE(report->is_equal());
  EXPECT_THAT(report->actors[0].divergence->reason,
              HasSubstr("the guest calls theater:test/probe@0.1.0#read"));
}

TEST_F(ReplayTest, AnUnknownActorIsNamed) {
  start();
  kill_node();
  const auto report = run({.actor = ActorId{}});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::kNotFound);
}

TEST_F(ReplayTest, NothingOfTheWorldIsTouched) {  // REPLAY-1
  start();
  live();
  kill_node();
  script.trace.clear();
  ASSERT_TRUE(run());
  EXPECT_TRUE(script.trace.empty());
  EXPECT_EQ(script.port, nullptr) << "no family instance was made";
}

/// Keeps what is posted until the test runs it.
struct HeldWorker final : io::Worker {
  std::vector<io::Task> tasks;
  void post(io::Task task) override { tasks.push_back(std::move(task)); }
  void run() {
    for (io::Task& task : std::exchange(tasks, {})) task();
  }
};

struct SlowSnapshotTest : ReplayTest {
  HeldWorker held;

  SlowSnapshotTest() {
    kill_node();
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
  const std::string before(as_text(actor->state()));
  const Seq next = actor->status().next_seq;
  script.push(1, "+");
  settle();
  EXPECT_EQ(as_text(actor->state()), before);
  EXPECT_EQ(actor->status().next_seq, next);
  held.run();
  settle();
  EXPECT_NE(as_text(actor->state()), before);
  const std::string after(as_text(actor->state()));
  restart();
  EXPECT_EQ(as_text(actor->state()), after);
  EXPECT_EQ(script.count("load saved"), 1u);
  kill_node();
  const auto report = run();
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

TEST_F(ReplayTest, SnapshotsRestoreWithoutOlderEvents) {
  start();
  for (int i = 0; i < 5500; ++i) {
    script.push(1, i % 100 == 0 ? "m" : i % 50 == 1 ? "0" : "+");
    executor.run();
    if (i % 100 == 0) settle();
  }
  settle();
  const std::string state(as_text(actor->state()));
  restart();
  EXPECT_EQ(as_text(actor->state()), state);
  EXPECT_EQ(script.count("load saved"), 1u) << "the snapshot's part reached the family";
  script.push(1, "m+");
  settle();
  const Digest head = actor->status().head;
  kill_node();
  const auto report = run();
  ASSERT_TRUE(report && report->is_equal());
  EXPECT_EQ(report->actors[0].head, head);
}

}  // namespace
}  // namespace theater::replay
