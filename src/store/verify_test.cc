// verify must find every change of a stopped node's data, down to a single bit, and name the event
// it hit; and find nothing in a good directory, stopped, killed or running (CHAIN-4).
#include "store/verify.h"

#include <gtest/gtest.h>

#include "chain/log_reader.h"
#include "store/store_fixture.h"

namespace theater::store {
namespace {

/// A small store with everything in it: two segments, pay files, pages, a snapshot, a component.
void fill(StoreFixture& world) {
  world.options.log.segment_bytes = 16 * 1024;
  world.options.log.batch_bytes_max = 8 * 1024;
  world.options.log.reserve = chain::Reserve::kNone;
  ASSERT_TRUE(world.open());
  TestActor a(world, 1), b(world, 2);
  a.invoke("small");
  b.invoke(std::string(4500, 'b'));
  a.snapshot("counters");
  const chain::Appended large = a.receive(std::string(4200, 'p'));
  a.commit(large.seq, "small again");
  for (int i = 0; i < 12; ++i) b.invoke(std::string(700, static_cast<char>('c' + i)));
  ASSERT_TRUE(world.store->components().put(as_bytes("\0asm component")));
  world.close();
}

chain::VerifyReport check(StoreFixture& world) {
  return verify(world.disk, world.root, {}).value();
}

TEST(Verify, FindsNothingInAGoodDirectory) {
  StoreFixture world;
  fill(world);
  ASSERT_TRUE(world.disk.exists("/data/log/seg-0000000002.log"));
  ASSERT_TRUE(world.disk.exists("/data/log/pay-0000000001.log"));
  const auto report = check(world);
  ASSERT_TRUE(report.good()) << report.bad->location.file << " " << report.bad->location.offset
                             << " " << report.bad->reason;
  EXPECT_EQ(report.actors.size(), 3u) << "two actors and the node";
  EXPECT_EQ(report.events, 34u);
  EXPECT_EQ(report.snapshots, 1u);
  EXPECT_EQ(report.torn_bytes, 0u);
}

TEST(Verify, FindsNothingInARunningOrKilledNodesDirectory) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  TestActor actor(world, 1);
  actor.invoke("x");
  EXPECT_TRUE(check(world).good()) << "running";
  world.kill();
  EXPECT_TRUE(check(world).good()) << "killed";
  ASSERT_TRUE(world.open());
  EXPECT_TRUE(check(world).good()) << "recovered";
  world.close();
  EXPECT_TRUE(check(world).good()) << "stopped";
}

TEST(Verify, NamesAComponentThatIsMissingOrDamagedAndWhoNeedsIt) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  TestActor first(world, 1), second(world, 2);
  second.invoke("x");
  world.close();
  ASSERT_TRUE(check(world).good());
  const std::string digest = chain::sha256(as_bytes("component")).hex();
  const std::string path = "/data/components/" + digest + ".wasm";
  world.disk.set_content(path, Bytes{1, 2});
  auto report = check(world);
  ASSERT_FALSE(report.good());
  EXPECT_EQ("/data/" + report.bad->location.file, path);
  EXPECT_EQ(report.bad->actor, first.id());
  ASSERT_TRUE(world.disk.remove(path));
  report = check(world);
  ASSERT_FALSE(report.good());
  EXPECT_EQ(report.bad->actor, first.id());
  EXPECT_EQ(report.bad->seq, Seq{0});
  EXPECT_NE(report.bad->reason.find(digest), std::string::npos) << report.bad->reason;
}

TEST(Verify, CountsTheBytesInUseAndNotTheSizesOfFiles) {
  StoreFixture world;
  world.options.log.segment_bytes = 4 << 20;
  ASSERT_TRUE(world.open());
  TestActor actor(world, 1);
  actor.invoke("x");
  world.close();
  const std::uint64_t little = check(world).bytes;
  EXPECT_LT(little, 32u << 10);
  ASSERT_TRUE(world.open());
  TestActor other(world, 2);
  other.invoke(std::string(100'000, 'y'));
  world.close();
  EXPECT_GT(check(world).bytes, little + 100'000);
  EXPECT_LT(check(world).bytes, little + 200'000);
}

TEST(Verify, SaysWhatThereIsNotToVerify) {
  io::MemoryDisk disk;
  EXPECT_EQ(verify(disk, "/nowhere", {}).error().code, Code::kNotFound);
  ASSERT_TRUE(disk.make_directories("/foreign"));
  EXPECT_EQ(verify(disk, "/foreign", {}).error().code, Code::kInvalid);
}

/// Where each frame is, by file and offset.
struct FramePlace {
  std::string file;
  std::uint64_t begin = 0, end = 0;
  ActorId actor;
  Seq seq;
};

std::vector<FramePlace> frames_of(StoreFixture& world) {
  std::vector<FramePlace> places;
  const auto reader =
      chain::LogReader::open(world.disk, "/data/log", chain::ReadUpTo::kEnd).value();
  chain::Record record;
  while (const chain::Frame* frame = reader->next().value()) {
    EXPECT_TRUE(reader->decode(*frame, record));
    const chain::Location at = chain::LogReader::location(*frame);
    places.push_back({"/data/" + at.file, at.offset, at.offset + frame->bytes, record.link.actor,
                      record.link.seq});
  }
  return places;
}

const FramePlace* hit(const std::vector<FramePlace>& places, const std::string& file,
                      std::uint64_t byte) {
  for (const FramePlace& place : places) {
    if (place.file == file && byte >= place.begin && byte < place.end) return &place;
  }
  return nullptr;
}

bool is_checked(const std::string& path) { return path != "/data/lock"; }

// A sanitized build takes twenty times as long: there, every seventh byte.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t kByteStep = 7, kFlipsMin = 15'000;
#else
constexpr std::uint64_t kByteStep = 1, kFlipsMin = 100'000;
#endif
#endif

TEST(Verify, FindsEverySingleBitFlipAndNamesTheEvent) {
  StoreFixture world;
  fill(world);
  const auto places = frames_of(world);
  std::uint64_t flips = 0;
  for (const std::string& file : world.disk.files()) {
    if (!is_checked(file)) continue;
    const Bytes good = world.disk.content(file);
    for (std::uint64_t byte = 0; byte < good.size(); byte += kByteStep) {
      // Every bit of what was written; of the long runs of zeros one bit a byte.
      const bool zero_run = good[byte] == 0 && (byte == 0 || good[byte - 1] == 0);
      for (unsigned bit = zero_run ? byte % 8 : 0; bit < 8; bit += zero_run ? 8 : 1) {
        Bytes bad = good;
        bad[byte] ^= static_cast<std::uint8_t>(1u << bit);
        world.disk.set_content(file, std::move(bad));
        ++flips;
        const auto report = verify(world.disk, world.root, {});
        ASSERT_TRUE(report) << report.error().message;
        ASSERT_FALSE(report->good()) << file << " byte " << byte << " bit " << bit;
        if (const FramePlace* place = hit(places, file, byte)) {
          ASSERT_EQ("/data/" + report->bad->location.file, file);
          ASSERT_EQ(report->bad->location.offset, place->begin) << byte;
          ASSERT_EQ(report->bad->actor, place->actor) << "byte " << byte << " bit " << bit;
          ASSERT_EQ(report->bad->seq, place->seq) << "byte " << byte;
        }
      }
    }
    world.disk.set_content(file, good);
  }
  RecordProperty("flips", static_cast<int>(flips));
  EXPECT_GT(flips, kFlipsMin);
  EXPECT_TRUE(check(world).good());
}

TEST(Verify, ReportsProgressAndStaysWithOneActorIfAsked) {
  StoreFixture world;
  fill(world);
  chain::VerifyOptions options;
  std::uint64_t calls = 0;
  options.on_progress = [&](const chain::VerifyProgress& progress) {
    ++calls;
    EXPECT_LE(progress.bytes_done, progress.bytes_total);
  };
  options.actor = ActorId{};
  const auto report = verify(world.disk, world.root, options).value();
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.payloads, 0u);
  EXPECT_GE(calls, 1u);
}

TEST(Verify, AFurtherCheckCanRefuseAnEvent) {
  StoreFixture world;
  fill(world);
  chain::VerifyOptions options;
  options.check_event = [](const chain::Record& record) -> Status {
    if (record.kind == chain::Kind::kSnapshot) return fail(Code::kCorrupt, "no snapshots here");
    return {};
  };
  const auto report = verify(world.disk, world.root, options).value();
  ASSERT_FALSE(report.good());
  EXPECT_EQ(report.bad->reason, "no snapshots here");
}

}  // namespace
}  // namespace theater::store
