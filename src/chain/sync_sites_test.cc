// Each place where the log syncs is needed: without it, alone, something acknowledged is lost, or
// what is left no longer verifies, or a promise of that place is broken.
#include <gtest/gtest.h>

#include "chain/crash_world.h"
#include "chain/log_files.h"

namespace theater::chain {
namespace {

using SyncOf = io::MemoryDisk::SyncOf;
constexpr std::uint64_t kSeedsMax = 2000;

enum class When { kWriting, kRecovering };

/// A call of sync_data, sync_all or sync_directory in this room.
struct SyncSite {
  const char* name;
  const char* where;  // the function that makes the call
  SyncOf of;
  std::string_view path;  // a part of the file's path, or of the name that becomes durable
  When when = When::kWriting;
};

const SyncSite kSites[] = {
    {"batch", "FileLogWriter::write_batch", SyncOf::kData, "/seg-"},
    {"pay", "LogFiles::sync_pay", SyncOf::kData, "/pay-"},
    {"pay_name", "LogFiles::open_pay", SyncOf::kNames, "/pay-"},
    {"segment_header", "LogFiles::begin_segment", SyncOf::kData, "/spare"},
    {"segment_name", "LogFiles::begin_segment", SyncOf::kNames, "/seg-"},
    {"watermark", "WatermarkFile::write", SyncOf::kData, "/watermark"},
    {"torn_batch", "recovery: cut_segment", SyncOf::kData, "/seg-", When::kRecovering},
    {"torn_pay", "recovery: cut_pay", SyncOf::kData, "/pay-", When::kRecovering},
};

bool is_of(const SyncSite& site, const std::string& path, SyncOf of) {
  return of == site.of && path.contains(site.path) && !path.ends_with(".tmp");
}

class SyncSites : public ::testing::TestWithParam<SyncSite> {};

TEST_P(SyncSites, IsNeeded) {
  const SyncSite& site = GetParam();
  std::uint64_t skipped = 0;
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    CrashWorld world(seed);
    world.disk.ignore_syncs([&](const std::string& path, SyncOf of) {
      const When now = world.is_recovering ? When::kRecovering : When::kWriting;
      const bool skips = now == site.when && is_of(site, path, of);
      skipped += skips ? 1 : 0;
      return skips;
    });
    if (world.live_and_lose_power(5)) continue;
    RecordProperty("seed", static_cast<int>(seed));
    return;
  }
  ADD_FAILURE() << site.where << ": " << skipped << " syncs left out of " << kSeedsMax
                << " runs, and nothing was noticed";
}

INSTANTIATE_TEST_SUITE_P(Table, SyncSites, ::testing::ValuesIn(kSites),
                         [](const auto& info) { return std::string(info.param.name); });

/// A spare made ahead of need, then a power cut of which nothing unsynced survives.
struct SpareTest : ::testing::Test, LogFixture {
  bool spare_survives() {
    LogFiles made(disk, directory, {options.segment_bytes, kBatchBytesMin, Reserve::kNone}, random);
    EXPECT_TRUE(made.open({}));
    made.make_spare(LogFiles::Filling::kZeros);
    disk.crash([](std::uint64_t) { return false; });
    return disk.content("/data/log/spare") == Bytes(options.segment_bytes);
  }
};

TEST_F(SpareTest, SurvivesAPowerCutWhole) { EXPECT_TRUE(spare_survives()); }

TEST_F(SpareTest, ItsZerosHaveToBeSynced) {
  disk.ignore_syncs([](const std::string& path, SyncOf of) {
    return of == SyncOf::kData && path.ends_with("/spare.tmp");
  });
  EXPECT_FALSE(spare_survives());
}

TEST_F(SpareTest, ItsNameHasToBeSynced) {
  disk.ignore_syncs([](const std::string& path, SyncOf of) {
    return of == SyncOf::kNames && path.ends_with("/spare");
  });
  EXPECT_FALSE(spare_survives());
}

}  // namespace
}  // namespace theater::chain
