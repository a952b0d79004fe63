// Golden chains of every format stay readable for ever: they verify, their states are as recorded,
// and this build still writes the newest format byte for byte.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "io/posix_file.h"
#include "store/store_fixture.h"
#include "store/verify.h"

namespace theater::store {
namespace {

const std::string kGolden = std::string(THEATER_SOURCE_DIR) + "/tests/golden/format-1";

constexpr const char* kFirstActor = "f4c87d0cad4d90b68908656ca3705d28";
constexpr const char* kFirstHead =
    "65c5295df428476715bb73cd747d8880d1c75fd5aa427b0106575f16626cabe0";

/// The store that the golden files hold: all places of attachments, two segments, a snapshot.
void write_golden(StoreFixture& world) {
  world.options.log.segment_bytes = 16 * 1024;
  world.options.log.batch_bytes_max = 8 * 1024;
  ASSERT_TRUE(world.open());
  TestActor a(world, 1), b(world, 2);
  a.invoke("first");
  world.clock.advance(std::chrono::milliseconds(15));
  b.invoke(std::string(4500, 'b'));
  a.snapshot("live timers");
  const chain::Appended large = a.receive(std::string(4200, 'p'));
  a.commit(large.seq, "second");
  for (int i = 0; i < 14; ++i) b.invoke(std::string(600, static_cast<char>('c' + i)));
  world.close();
}

Bytes file_content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Golden, ThisBuildWritesTheSameBytes) {
  StoreFixture world(2026);
  write_golden(world);
  if (const char* const target = std::getenv("THEATER_WRITE_GOLDEN")) {
    const auto files = io::make_posix_file_system();
    for (const std::string& path : world.disk.files()) {
      const std::string to = target + path.substr(world.root.size());
      ASSERT_TRUE(files->make_directories(to.substr(0, to.rfind('/'))));
      ASSERT_TRUE(io::write_file_atomically(*files, to, world.disk.content(path)));
    }
  }
  for (const std::string& path : world.disk.files()) {
    const std::string golden = kGolden + path.substr(world.root.size());
    EXPECT_TRUE(equal(world.disk.content(path), file_content(golden))) << golden;
  }
}

TEST(Golden, VerifiesAndShowsItsStates) {
  const auto files = io::make_posix_file_system();
  const auto report = verify(*files, kGolden, {}).value();
  ASSERT_TRUE(report.good()) << report.bad->location.file << ": " << report.bad->reason;
  EXPECT_EQ(report.events, 38u);
  const auto history = ActorHistory::open(*files, kGolden, ActorHistory::Load::kSummaries).value();
  ASSERT_EQ(history->actors().size(), 2u);
  const ActorId first = history->actors()[0].actor, second = history->actors()[1].actor;
  EXPECT_EQ(first.hex(), kFirstActor);
  EXPECT_EQ(history->actors()[0].head.last.hex(), kFirstHead);
  EXPECT_EQ(as_text(history->state_at(first, Seq{2})->bytes()), "first");
  EXPECT_EQ(as_text(history->state_at(first, std::nullopt)->bytes()), "second");
  EXPECT_EQ(history->state_at(second, Seq{2})->bytes().size(), 4500u);
}

}  // namespace
}  // namespace theater::store
