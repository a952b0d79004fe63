// A node's store must give back, after a stop, a kill or damage, what was made durable in it; and
// refuse what is not its own.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>

#include "io/posix_file.h"
#include "store/event_cursor.h"
#include "store/log_index.h"
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

/// A folder of the real file system: a memory disk has no files with holes.
struct SparseFile : ::testing::Test {
  static constexpr std::uint64_t kSize = 300 << 20, kUsedMax = 150 << 20;

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "theater-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  /// A file of which only the first bytes are there.
  void make(const std::string& path, ByteSpan begin) {
    ASSERT_TRUE(files->make_directories(path.substr(0, path.rfind('/'))));
    const auto file = files->open(path, io::OpenMode::kCreate).value();
    ASSERT_TRUE(file->write_at(0, begin));
    ASSERT_TRUE(file->resize(kSize));
  }
  static std::uint64_t used() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  }

  std::string folder;
  std::unique_ptr<io::FileSystem> files = io::make_posix_file_system();
};

TEST_F(SparseFile, AnIndexCostsNoMemory) {
  const std::uint64_t before = used();
  const std::string path = index_path(folder, 9);
  Bytes whole = encode(LogIndex{});
  for (const bool is_forged : {false, true}) {
    if (is_forged) store_le<std::uint64_t>(whole.data() + 16, kSize - 56);  // behind the header
    make(path, whole);
    EXPECT_EQ(read_index_file(*files, folder, 9).error().code, Code::kCorrupt);
    EXPECT_EQ(load_index(*files, folder, NodeId{}).value(), nullptr);
    ASSERT_TRUE(files->remove(path));
  }
  make(path, {});
  EXPECT_EQ(read_index_file(*files, folder, 9).error().code, Code::kCorrupt);
  EXPECT_LT(used(), before + kUsedMax);
}

TEST_F(SparseFile, ASnapshotCostsNoMemory) {
  const std::uint64_t before = used();
  const Bytes good = encode_file({.seq = {3}}, {});
  const std::string path = snapshot_path(folder, {}, {3});
  for (const std::uint64_t manifest_bytes :
       {load_le<std::uint64_t>(good.data() + 16), kSize - 24}) {
    Bytes begin = good;
    store_le(begin.data() + 16, manifest_bytes);
    make(path, begin);
    EXPECT_EQ(read_snapshot_file(*files, folder, {}, {3}).error().code, Code::kCorrupt);
  }
  make(path, {});
  EXPECT_EQ(read_snapshot_file(*files, folder, {}, {3}).error().code, Code::kCorrupt);
  EXPECT_LT(used(), before + kUsedMax);
}

/// Summing up from the first chunk for each would take half an hour here.
TEST(SnapshotFile, GivesTheLastOfAMillionChunksAtOnce) {
  constexpr std::size_t kChunks = 1'000'000;
  const std::string chunk(chain::kChunkBytes, 'c');
  SnapshotManifest manifest{.seq = {3}, .length = kChunks * chain::kChunkBytes};
  manifest.chunks.assign(kChunks, {Digest{}, Seq{2}});
  manifest.chunks.back() = {chain::chunk_hash(kChunks - 1, as_bytes(chunk)), Seq{3}};
  manifest.chunks.front() = {chain::chunk_hash(0, as_bytes(chunk)), Seq{3}};
  io::MemoryDisk disk;
  ASSERT_TRUE(disk.make_directories(snapshot_folder("/snap", {})));
  const std::string path = snapshot_path("/snap", {}, {3});
  ASSERT_TRUE(disk.open(path, io::OpenMode::kCreate));
  Bytes bytes = to_bytes(ByteSpan(encode_file({.seq = {3}}, {})).first(24));  // a header
  const Bytes encoded = encode(manifest);
  store_le<std::uint64_t>(bytes.data() + 16, encoded.size());
  append(bytes, encoded);
  append(bytes, as_bytes(chunk));
  append(bytes, as_bytes(chunk));
  disk.set_content(path, std::move(bytes));
  const SnapshotFile file = read_snapshot_file(disk, "/snap", {}, {3}).value();
  std::size_t found = 0;
  for (std::size_t i = 0; i < kChunks; ++i) {
    found += file.chunk(kChunks - 1).has_value() && file.chunk(0).has_value() ? 1 : 0;
  }
  EXPECT_EQ(found, kChunks);
  EXPECT_EQ(file.chunk(kChunks - 1)->data(), file.bytes.data() + file.bytes.size() - chunk.size());
  EXPECT_FALSE(file.chunk(1)) << "another file's";
}

}  // namespace
}  // namespace theater::store
