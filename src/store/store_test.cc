// A node's store must give back, after a stop, a kill or damage, what was made durable in it; and
// refuse what is not its own.
#include <gtest/gtest.h>

#include "store/event_cursor.h"
#include "store/store_fixture.h"
#include "store/verify.h"

namespace theater::store {
namespace {

TEST(NodeStore, RestoresAnActorWithItsStateAndHead) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  TestActor actor(world, 1);
  actor.invoke("first state");
  actor.invoke("second state");
  const auto head = actor.chain().head();
  const Digest root = actor.state.root();
  world.close();
  ASSERT_TRUE(world.open());
  ASSERT_EQ(world.store->history().actors().size(), 1u);
  ActorImage image = world.store->history().take_image(actor.id()).value();
  EXPECT_EQ(as_text(image.state.bytes()), "second state");
  EXPECT_EQ(image.state.root(), root);
  EXPECT_EQ(image.summary.head.last, head.last);
  EXPECT_EQ(image.summary.head.next, head.next);
  EXPECT_EQ(image.summary.invocations, 2u);
  EXPECT_EQ(image.events.size(), 5u);
  EXPECT_EQ(as_text(image.events[1].inputs.at(0).bytes), "event");
  EXPECT_EQ(as_text(image.summary.manifest), world.manifest);
  world.close();
}

TEST(NodeStore, NeedsOnlyTheEventsAfterASnapshot) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  TestActor actor(world, 1);
  actor.invoke(std::string(9000, 'a'));
  actor.snapshot("part one");
  actor.invoke(std::string(9000, 'a') + "b");
  world.close();
  ASSERT_TRUE(world.open());
  ActorImage image = world.store->history().take_image(actor.id()).value();
  ASSERT_TRUE(image.snapshot);
  EXPECT_EQ(as_text(image.snapshot->actor_part), "part one");
  EXPECT_EQ(image.events.size(), 3u) << "snapshot, recv, commit";
  EXPECT_EQ(image.state.bytes().size(), 9001u);
  world.close();
}

TEST(NodeStore, ABadSnapshotMakesTheOneBeforeServe) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  TestActor actor(world, 1);
  actor.invoke(std::string(9000, 'a'));
  actor.snapshot("one");
  actor.invoke(std::string(9000, 'b'));
  actor.snapshot("two");
  actor.invoke("c");
  world.close();
  const std::string newest = world.snapshot_files().back();
  Bytes bytes = world.disk.content(newest);
  bytes.back() ^= 1;
  world.disk.set_content(newest, bytes);
  ASSERT_TRUE(world.open());
  ActorImage image = world.store->history().take_image(actor.id()).value();
  ASSERT_TRUE(image.snapshot);
  EXPECT_EQ(as_text(image.snapshot->actor_part), "one");
  EXPECT_EQ(as_text(image.state.bytes()), "c");
  world.close();
}

TEST(NodeStore, StatesOfThePastCanBeSeen) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  TestActor actor(world, 1);
  const Seq first = actor.invoke("one"), second = actor.invoke("two");
  actor.snapshot("");
  actor.invoke("three");
  world.close();
  const auto history =
      ActorHistory::open(world.disk, world.root, ActorHistory::Load::kSummaries).value();
  const auto at = [&](std::optional<Seq> seq) {
    return std::string(as_text(history->state_at(actor.id(), seq)->bytes()));
  };
  EXPECT_EQ(at(Seq{0}), "");
  EXPECT_EQ(at(first), "one");
  EXPECT_EQ(at(second), "two");
  EXPECT_EQ(at(std::nullopt), "three");
}

TEST(NodeStore, SnapshotsShareChunksAndForgetOldFiles) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  TestActor actor(world, 1);
  std::string state(64 * 1024, 'a');
  for (int i = 0; i < 20; ++i) {
    state[static_cast<std::size_t>(i)] = 'z';
    actor.invoke(state);
    actor.snapshot("");
  }
  EXPECT_LE(world.snapshot_files().size(), 10u);
  EXPECT_LT(world.disk.content(world.snapshot_files().back()).size(), state.size());
  world.close();
  ASSERT_TRUE(world.open());
  const ActorImage image = world.store->history().take_image(actor.id()).value();
  EXPECT_TRUE(image.snapshot);
  EXPECT_EQ(as_text(image.state.bytes()), state);
  world.close();
}

TEST(NodeStore, RecordsARecoveryInTheNodesChain) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  TestActor actor(world, 1);
  actor.invoke("x");
  world.step_all();
  world.kill();
  ASSERT_TRUE(world.open());
  world.close();
  const auto cursor =
      EventCursor::open(
          world.disk, world.root, chain::ReadUpTo::kEnd,
          {node_actor_id(NodeDirectory::read_identity(world.disk, world.root).value())})
          .value();
  ASSERT_EQ(cursor->next().value()->record.kind, chain::Kind::kGenesis);
  ASSERT_EQ(cursor->next().value()->record.kind, chain::Kind::kRecovery);
  EXPECT_EQ(cursor->next().value(), nullptr);
}

/// A start on a disk that fails at one call, then a power cut, then a good start.
void expect_start_survives(std::uint64_t call, io::DiskFault fault) {
  StoreFixture world(call + 1);
  ASSERT_TRUE(world.open());
  {
    TestActor actor(world, 1);
    actor.invoke("x");
    actor.snapshot("y");
  }
  if (call % 2 == 0) {
    world.close();
  } else {
    world.kill();
  }
  world.disk.fail_call(world.disk.calls() + call, fault);
  if (world.open()) world.step_all();
  world.kill();
  world.disk.clear_faults();
  world.disk.crash([call](std::uint64_t n) { return (n + call) % 3 != 0; });
  const Status opened = world.open();
  ASSERT_TRUE(opened) << opened.error().message << "; call " << call;
  const ActorId actor = world.store->history().actors().at(0).actor;
  EXPECT_EQ(as_text(world.store->history().take_image(actor)->state.bytes()), "x");
  world.close();
  const auto report = verify(world.disk, world.root, {}).value();
  EXPECT_TRUE(report.good()) << report.bad->reason << "; call " << call;
}

TEST(NodeStore, AStartThatFailsAtAnyCallHarmsNothing) {
  for (const auto fault : {io::DiskFault::kError, io::DiskFault::kNoSpace,
                           io::DiskFault::kTornWrite, io::DiskFault::kSyncDropsPages}) {
    for (std::uint64_t call = 0; call < 60; ++call) expect_start_survives(call, fault);
  }
}

/// The very first start, cut off at any call: a directory that the next start can use.
TEST(NodeStore, AFirstStartCutOffAtAnyCallCanBeRepeated) {
  for (std::uint64_t call = 0; call < 70; ++call) {
    for (const std::uint64_t keep : {1, 2, 3}) {
      StoreFixture world(call + 1);
      world.disk.fail_from(call, io::DiskFault::kTornWrite);
      if (world.open()) world.step_all();
      world.kill();
      world.disk.clear_faults();
      world.disk.crash([keep](std::uint64_t n) { return n % keep == 0; });
      const Status opened = world.open();
      ASSERT_TRUE(opened) << opened.error().message << "; call " << call << " keep " << keep;
      world.close();
      const auto report = verify(world.disk, world.root, {}).value();
      EXPECT_TRUE(report.good()) << report.bad->reason << "; call " << call;
    }
  }
}

TEST(NodeStore, ASmallDiskGetsSmallSegmentsAndKeepsThem) {
  const auto segment_after_start = [](StoreFixture& world) {
    EXPECT_TRUE(world.open());
    TestActor actor(world, world.random.next());
    actor.invoke("x");
    world.close();
    return world.disk.content("/data/log/seg-0000000001.log").size();
  };
  StoreFixture world;
  world.options.segment_size = SegmentSize::kBySpace;
  world.disk.set_capacity(64u << 20);
  EXPECT_EQ(segment_after_start(world), 2u << 20) << "a sixteenth of what is free";
  world.disk.set_capacity(16u << 20);
  EXPECT_EQ(segment_after_start(world), 2u << 20);
  EXPECT_FALSE(world.disk.exists("/data/log/seg-0000000002.log")) << "the first is used on";
  StoreFixture large;
  large.options.segment_size = SegmentSize::kBySpace;
  large.options.log.batch_bytes_max = chain::kBatchBytesMax;
  EXPECT_EQ(segment_after_start(large), chain::kSegmentBytes);
}

TEST(NodeStore, ASecondNodeIsRefusedByTheHoldersProcess) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  io::SeededRandom random(9);
  const auto second = NodeDirectory::open(world.disk, world.root, Create::kIfMissing, random);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
  EXPECT_NE(second.error().message.find("process"), std::string::npos);
  world.close();
}

TEST(NodeDirectory, RefusesForeignDamagedAndMissingDirectories) {
  io::MemoryDisk disk;
  io::SeededRandom random(9);
  const auto open = [&](Create create) {
    return NodeDirectory::open(disk, "/data", create, random);
  };
  EXPECT_EQ(open(Create::kNever).error().code, Code::kNotFound);
  ASSERT_TRUE(disk.make_directories("/data"));
  disk.set_content("/data/photo.jpg", Bytes{1});
  EXPECT_EQ(open(Create::kIfMissing).error().code, Code::kInvalid);
  EXPECT_EQ(open(Create::kNever).error().code, Code::kInvalid);
  ASSERT_TRUE(disk.remove("/data/photo.jpg"));
  ASSERT_TRUE(open(Create::kIfMissing));
  const Bytes good = disk.content("/data/node");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    disk.set_content("/data/node", bad);
    EXPECT_FALSE(open(Create::kNever)) << bit;
  }
}

TEST(ComponentStore, KeepsComponentsByDigestAndTellsDamage) {
  io::MemoryDisk disk;
  ComponentStore store(disk, "/data/components");
  const Digest digest = store.put(as_bytes("\0asm")).value();
  EXPECT_EQ(as_text(store.get(digest).value()), "\0asm");
  EXPECT_EQ(store.list().value(), std::vector<Digest>{digest});
  const std::string path = disk.files().at(0);
  disk.set_content(path, Bytes{1, 2});
  EXPECT_EQ(store.get(digest).error().code, Code::kCorrupt);
  ASSERT_TRUE(store.put(as_bytes("\0asm")));
  EXPECT_TRUE(store.get(digest)) << "a damaged copy is replaced";
}

}  // namespace
}  // namespace theater::store
