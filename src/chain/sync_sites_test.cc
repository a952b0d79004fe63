// Each place where the log syncs is needed: without it, alone, something acknowledged is lost, or
// what is left no longer verifies, or a promise of that place is broken.
#include <gtest/gtest.h>

#include <optional>

#include "chain/crash_world.h"
#include "chain/log_files.h"
#include "chain/watermark.h"

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
    {"watermark", "WatermarkFile::store", SyncOf::kData, "/watermark"},
    {"found_batch", "recovery: settle_segment", SyncOf::kData, "/seg-", When::kRecovering},
    {"found_names", "recover", SyncOf::kNames, "/data/log", When::kRecovering},
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

/// A file that is made whole under another name and gets its own when it is durable.
struct NewFile {
  const char* name;
  const char* where;  // the function that makes it
  const char* path;
  void (*make)(LogFixture& world);
};

void make_spare(LogFixture& world) {
  LogFiles made(world.disk, world.directory,
                {world.options.segment_bytes, kBatchBytesMin, Reserve::kNone}, world.random);
  EXPECT_TRUE(made.open({}));
  made.make_spare(LogFiles::Filling::kZeros);
}

void make_reserve(LogFixture& world) {
  LogFiles made(world.disk, world.directory,
                {world.options.segment_bytes, kBatchBytesMin, Reserve::kKeep}, world.random);
  EXPECT_TRUE(made.open({}));
}

void make_watermark(LogFixture& world) {
  EXPECT_TRUE(WatermarkFile::open(world.disk, world.directory));
}

const NewFile kNewFiles[] = {
    {"spare", "LogFiles::make_empty for make_spare", "/data/log/spare", make_spare},
    {"reserve", "LogFiles::make_empty for check_space", "/data/log/reserve", make_reserve},
    {"watermark", "WatermarkFile::open", "/data/log/watermark", make_watermark},
};

/// The file is made, then comes a power cut of which nothing unsynced survives.
struct NewFiles : ::testing::TestWithParam<NewFile>, LogFixture {
  bool survives() {
    const std::string path = GetParam().path;
    GetParam().make(*this);
    EXPECT_TRUE(disk.exists(path)) << GetParam().where;
    const Bytes made = disk.content(path);
    disk.crash([](std::uint64_t) { return false; });
    return disk.exists(path) && disk.content(path) == made;
  }
};

TEST_P(NewFiles, SurviveAPowerCutWhole) { EXPECT_TRUE(survives()); }

TEST_P(NewFiles, TheirBytesHaveToBeSynced) {
  disk.ignore_syncs([](const std::string& path, SyncOf of) {
    return of == SyncOf::kData && path == std::string(GetParam().path) + ".tmp";
  });
  EXPECT_FALSE(survives());
}

TEST_P(NewFiles, TheirNamesHaveToBeSynced) {
  disk.ignore_syncs([](const std::string& path, SyncOf of) {
    return of == SyncOf::kNames && path == GetParam().path;
  });
  EXPECT_FALSE(survives());
}

INSTANTIATE_TEST_SUITE_P(Table, NewFiles, ::testing::ValuesIn(kNewFiles),
                         [](const auto& info) { return std::string(info.param.name); });

/// The first start ends with the power at each of its calls in turn, nothing unsynced survives, and
/// it is made again: the first error of the second one. `ignore` leaves out syncs of the first.
std::optional<Error> first_start_cut_short(const io::MemoryDisk::IgnoreSync& ignore) {
  constexpr std::uint64_t kCallsMax = 100;
  bool is_whole = false;
  for (std::uint64_t call = 0; !is_whole; ++call) {
    EXPECT_LT(call, kCallsMax);
    LogFixture world;
    world.disk.ignore_syncs(ignore);
    world.disk.fail_from(world.disk.calls() + call, io::DiskFault::kError);
    is_whole = world.open().has_value();
    world.kill();
    world.disk.clear_faults();
    world.disk.ignore_syncs({});
    world.disk.crash([](std::uint64_t) { return false; });
    if (const Status again = world.open(); !again) return again.error();
  }
  return std::nullopt;
}

TEST(FirstStart, ThatThePowerEndsCanBeMadeAgain) {
  const auto error = first_start_cut_short({});
  EXPECT_FALSE(error) << error->message;
}

TEST(FirstStart, CannotIfTheNewWatermarkIsNotSynced) {
  EXPECT_TRUE(first_start_cut_short([](const std::string& path, SyncOf of) {
    return of == SyncOf::kData && path == "/data/log/watermark.tmp";
  }));
}

}  // namespace
}  // namespace theater::chain
