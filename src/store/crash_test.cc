// A node's whole store survives power cuts and any one failing call: nothing durable is lost, the
// directory verifies, every actor is restored (CHAIN-4). And each place where this room syncs is
// needed for that.
#include <gtest/gtest.h>

#include "store/crash_world.h"

namespace theater::store {
namespace {

using SyncOf = io::MemoryDisk::SyncOf;

TEST(StoreCrash, PowerCutsLoseNothingDurable) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    StoreCrashWorld world(seed);
    const Status status = world.live_and_lose_power(4);
    ASSERT_TRUE(status) << status.error().message << "; seed " << seed;
  }
}

/// One life with something of everything, in which one call of the disk meets a fault; then a good
/// one. The calls that the life made.
std::uint64_t live_with_fault(std::uint64_t call, io::DiskFault fault) {
  StoreCrashWorld world(call % 7 + 1);
  if (call % 2 == 1) {  // a start that has something to read
    EXPECT_TRUE(world.open());
    world.work(40);
    world.cut_power();
  }
  const std::uint64_t before = world.disk.calls();
  world.disk.fail_call(before + call, fault);
  const bool is_harmless = fault == io::DiskFault::kShort || fault == io::DiskFault::kInterrupted;
  const Status opened = world.open();
  EXPECT_TRUE(opened || !is_harmless) << opened.error().message;
  if (opened) world.work(50);
  EXPECT_FALSE(is_harmless && world.store->log().failed()) << world.store->log().failure();
  const std::uint64_t made = world.disk.calls() - before;
  if (call % 3 == 0) {  // only the process ends
    world.kill();
    world.disk.clear_faults();
    const Status next = world.open();
    EXPECT_TRUE(next) << next.error().message << "; call " << call;
    const Status found = next ? world.check() : next;
    EXPECT_TRUE(found) << found.error().message << "; call " << call;
  }
  world.cut_power();
  const Status again = world.open();
  EXPECT_TRUE(again) << again.error().message << "; call " << call;
  if (!again) return made;
  const Status status = world.check();
  EXPECT_TRUE(status) << status.error().message << "; call " << call;
  return made;
}

class FailNth : public ::testing::TestWithParam<io::DiskFault> {};

TEST_P(FailNth, LosesNothingDurable) {
  std::uint64_t met = 0;
  for (std::uint64_t call = 0; call < 300; ++call) {
    met += live_with_fault(call, GetParam()) > call ? 1 : 0;
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(met, 150u) << "calls that there were";
}

std::string fault_name(const ::testing::TestParamInfo<io::DiskFault>& info) {
  constexpr const char* kNames[] = {"EIO",  "ENOSPC",         "Short",          "EINTR",
                                    "Torn", "SyncDropsPages", "SyncLeavesClean"};
  return kNames[static_cast<std::size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Table, FailNth,
                         ::testing::Values(io::DiskFault::kError, io::DiskFault::kNoSpace,
                                           io::DiskFault::kShort, io::DiskFault::kInterrupted,
                                           io::DiskFault::kTornWrite,
                                           io::DiskFault::kSyncDropsPages,
                                           io::DiskFault::kSyncLeavesClean),
                         fault_name);

/// Two processes that make the same, the first of which ends at one of its calls; then the power
/// goes, and nothing survives that was not synced. What the second one made has to be there.
void expect_second_to_be_durable(const std::function<Status(io::MemoryDisk&)>& make,
                                 const std::function<Status(io::MemoryDisk&)>& is_there) {
  constexpr std::uint64_t kCallsMax = 40;
  bool is_whole = false;
  for (std::uint64_t call = 0; !is_whole; ++call) {
    ASSERT_LT(call, kCallsMax);
    io::MemoryDisk disk;
    ASSERT_TRUE(disk.make_directories("/data/kept"));
    ASSERT_TRUE(disk.sync_directory("/"));
    ASSERT_TRUE(disk.sync_directory("/data"));
    disk.fail_from(disk.calls() + call, io::DiskFault::kError);
    is_whole = make(disk).has_value();
    disk.clear_faults();
    const Status second = make(disk);
    ASSERT_TRUE(second) << second.error().message << "; call " << call;
    disk.crash([](std::uint64_t) { return false; });
    const Status found = is_there(disk);
    EXPECT_TRUE(found) << found.error().message << "; call " << call;
  }
}

TEST(StoreCrash, AComponentThatIsFoundThereIsMadeDurable) {
  expect_second_to_be_durable(
      [](io::MemoryDisk& disk) -> Status {
        TRY_OK(ComponentStore(disk, "/data/kept").put(as_bytes("component")));
        return {};
      },
      [](io::MemoryDisk& disk) -> Status {
        TRY_OK(ComponentStore(disk, "/data/kept").get(chain::sha256(as_bytes("component"))));
        return {};
      });
}

TEST(StoreCrash, ANewDirectoryIsDurableWithAllThatHadToBeMadeAboveIt) {
  const std::string root = "/data/kept/of/many/nodes/";
  io::SeededRandom random(1);
  expect_second_to_be_durable(
      [&](io::MemoryDisk& disk) -> Status {
        TRY_OK(NodeDirectory::open(disk, root, Create::kIfMissing, random));
        return {};
      },
      [&](io::MemoryDisk& disk) -> Status {
        TRY_OK(NodeDirectory::read_identity(disk, "/data/kept/of/many/nodes"));
        return {};
      });
}

TEST(StoreCrash, AnActorsFolderThatIsFoundThereIsMadeDurable) {
  chain::SnapshotBody body;
  expect_second_to_be_durable(
      [&](io::MemoryDisk& disk) -> Status {
        TRY(body, SnapshotStore(disk, "/data/kept").write({}, {7}, {}, as_bytes("part")));
        return {};
      },
      [&](io::MemoryDisk& disk) -> Status {
        TRY_OK(SnapshotStore(disk, "/data/kept").read({}, body));
        return {};
      });
}

/// A call of sync_all or sync_directory in this room or in write_file_atomically for it.
struct SyncSite {
  const char* name;
  const char* where;
  SyncOf of;
  std::string_view contains, ends;
};

const SyncSite kSites[] = {
    {"directory", "NodeDirectory::open: make_durably", SyncOf::kNames, "", "/data"},
    {"identity", "NodeDirectory::open, file", SyncOf::kData, "", "/data/node.tmp"},
    {"folders", "NodeStore: make_folders", SyncOf::kNames, "", "/data/cache"},
    {"component", "ComponentStore::put, file", SyncOf::kData, "/components/", ".tmp"},
    {"component_name", "ComponentStore::put, name", SyncOf::kNames, "/components/", ".wasm"},
    {"snapshot_folder", "SnapshotStore::look", SyncOf::kNames, "/snap/", ""},
    {"snapshot", "SnapshotStore::write, file", SyncOf::kData, "/snap/", ".tmp"},
    {"snapshot_name", "SnapshotStore::write, name", SyncOf::kNames, "/snap/", ".snap"},
};

bool is_of(const SyncSite& site, const std::string& path, SyncOf of) {
  const bool is_folder = site.ends.empty() && (path.ends_with(".snap") || path.ends_with(".tmp"));
  return of == site.of && !is_folder && path.contains(site.contains) && path.ends_with(site.ends);
}

class StoreSyncSites : public ::testing::TestWithParam<SyncSite> {};

TEST_P(StoreSyncSites, IsNeeded) {
  const SyncSite& site = GetParam();
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    StoreCrashWorld world(seed);
    world.disk.ignore_syncs(
        [&](const std::string& path, SyncOf of) { return is_of(site, path, of); });
    if (!world.live_and_lose_power(4)) return;
  }
  ADD_FAILURE() << site.where << ": left out, and nothing was noticed";
}

INSTANTIATE_TEST_SUITE_P(Table, StoreSyncSites, ::testing::ValuesIn(kSites),
                         [](const auto& info) { return std::string(info.param.name); });

/// Places whose sync no later start misses, since another one of the same directory comes soon, or
/// since the file is derived. What they promise is that the file is there when they return.
struct Promise {
  const char* name;
  const char* where;
  std::string_view contains, ends;  // of the path
};

const Promise kPromises[] = {
    {"identity_name", "NodeDirectory::open, name", "/data/node", ""},
    {"index_name", "write_index, name", "/index/", ".idx"},
};

class StorePromises : public ::testing::TestWithParam<Promise> {
 protected:
  static bool is_it(const std::string& path) {
    return path.contains(GetParam().contains) && path.ends_with(GetParam().ends);
  }
  /// Whether the files of that kind, of which there are some, survive a power cut whole.
  static bool survive(StoreCrashWorld& world) {
    std::map<std::string, Bytes> made;
    for (const std::string& path : world.disk.files()) {
      if (is_it(path)) made[path] = world.disk.content(path);
    }
    EXPECT_FALSE(made.empty()) << GetParam().where;
    world.store.reset();
    world.disk.crash([](std::uint64_t) { return false; });
    return std::ranges::all_of(made, [&](const auto& file) {
      return world.disk.exists(file.first) && world.disk.content(file.first) == file.second;
    });
  }
  /// Makes them.
  static void live(StoreCrashWorld& world) {
    if (GetParam().ends.empty()) {
      EXPECT_TRUE(NodeDirectory::open(world.disk, world.root, Create::kIfMissing, world.dice));
      return;
    }
    EXPECT_TRUE(world.open());
    world.work(100);
  }
};

TEST_P(StorePromises, AreKeptByTheSyncAndByNothingElse) {
  StoreCrashWorld kept(1);
  live(kept);
  EXPECT_TRUE(survive(kept));
  StoreCrashWorld broken(1);
  broken.disk.ignore_syncs(
      [](const std::string& path, SyncOf of) { return of == SyncOf::kNames && is_it(path); });
  live(broken);
  EXPECT_FALSE(survive(broken));
}

INSTANTIATE_TEST_SUITE_P(Table, StorePromises, ::testing::ValuesIn(kPromises),
                         [](const auto& info) { return std::string(info.param.name); });

/// The index is derived. Without its syncs a power cut may leave a damaged one: the next start
/// reads the log instead, and writes another; only verify would notice.
TEST(StoreCrash, AnIndexThatIsNotSyncedIsNotedByVerifyAndHarmsNoStart) {
  bool noticed = false;
  for (std::uint64_t seed = 1; seed <= 200 && !noticed; ++seed) {
    StoreCrashWorld world(seed);
    world.disk.ignore_syncs([](const std::string& path, SyncOf of) {
      return of == SyncOf::kData && path.ends_with(".idx.tmp");
    });
    for (int life = 0; life < 4; ++life) {
      const auto report = verify(world.disk, world.root, {});
      noticed |= report && report->bad && report->bad->location.file.starts_with("index/");
      ASSERT_TRUE(world.open());
      const Status status = world.check();
      ASSERT_TRUE(status) << status.error().message;
      world.work(1 + world.below(40));
      world.cut_power();
    }
  }
  EXPECT_TRUE(noticed);
}

}  // namespace
}  // namespace theater::store
