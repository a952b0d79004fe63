// A watermark write that a power cut ends leaves whole sectors of two writes in one slot: that is
// no damage, whatever the mixture; any flipped bit, and a slot that the log contradicts, is.
#include "chain/watermark.h"

#include <gtest/gtest.h>

#include "chain/log_fixture.h"

namespace theater::chain {
namespace {

constexpr const char* kMark = "/data/log/watermark";
constexpr std::size_t kSectors = 2 * kWatermarkSlotBytes / kSectorBytes;

struct WatermarkTest : ::testing::Test, LogFixture {
  /// The file as it would be with the sectors of `after` that `survives` names over `before`.
  static Bytes mix(const Bytes& before, const Bytes& after, std::uint32_t survives) {
    Bytes mixed = before;
    for (std::size_t i = 0; i < kSectors; ++i) {
      if ((survives >> i & 1) == 0) continue;
      std::copy_n(after.begin() + static_cast<std::ptrdiff_t>(i * kSectorBytes), kSectorBytes,
                  mixed.begin() + static_cast<std::ptrdiff_t>(i * kSectorBytes));
    }
    return mixed;
  }
  /// Every mixture of two states of the file is good; one that is neither of them has a note.
  void expect_mixtures_are_no_damage(const Bytes& before, const Bytes& after) {
    for (const std::uint32_t in_slot : {0x00u, 0x01u, 0x80u, 0x81u, 0x7fu, 0xfeu, 0x3cu, 0xffu}) {
      const std::uint32_t survives = in_slot | in_slot << 8;  // one of the slots is unchanged
      const Bytes mixed = mix(before, after, survives);
      disk.set_content(kMark, mixed);
      const VerifyReport report = verify_log().value();
      ASSERT_TRUE(report.good()) << report.bad->reason << ", sectors " << in_slot;
      EXPECT_EQ(report.notes.size(), mixed == before || mixed == after ? 0u : 1u) << in_slot;
      const Bytes segment = disk.content("/data/log/seg-0000000001.log");
      EXPECT_TRUE(recover(disk, directory, node));
      EXPECT_EQ(disk.content("/data/log/seg-0000000001.log"), segment) << "nothing to cut";
    }
    disk.set_content(kMark, after);
  }
};

TEST_F(WatermarkTest, AWriteCutShortIsANoteAndTheOtherSlotServes) {
  Bytes before(2 * kWatermarkSlotBytes);
  ASSERT_TRUE(open());
  expect_mixtures_are_no_damage(before, disk.content(kMark));  // the first turn ever
  for (std::uint64_t turn = 2; turn < 6; ++turn) {
    before = disk.content(kMark);
    create(turn);
    ASSERT_EQ(idle(), StepOutcome::kSealed);
    expect_mixtures_are_no_damage(before, disk.content(kMark));
  }
  before = disk.content(kMark);
  close();
  expect_mixtures_are_no_damage(before, disk.content(kMark));
  before = disk.content(kMark);
  ASSERT_TRUE(open());
  expect_mixtures_are_no_damage(before, disk.content(kMark));
}

TEST_F(WatermarkTest, TheNextStartWritesATornSlotAgain) {
  ASSERT_TRUE(open());
  const Bytes before = disk.content(kMark);
  create(1);
  ASSERT_EQ(idle(), StepOutcome::kSealed);
  kill();
  disk.set_content(kMark, mix(before, disk.content(kMark), 0x0101));
  ASSERT_EQ(verify_log().value().notes.size(), 1u);
  ASSERT_TRUE(open());
  EXPECT_TRUE(verify_log().value().good());
  EXPECT_TRUE(verify_log().value().notes.empty());
}

/// A process ends before the sync of a watermark, the next one at any call of its start, and then
/// the power goes: there may be two torn slots only if both were written and not synced.
TEST(WatermarkStart, NeverLeavesBothSlotsToAPowerCut) {
  constexpr std::uint64_t kCallsMax = 100;
  bool is_whole = false;
  for (std::uint64_t call = 0; !is_whole; ++call) {
    ASSERT_LT(call, kCallsMax);
    LogFixture world;
    ASSERT_TRUE(world.open());
    world.create(1);
    world.step_all();
    world.clock.advance(kSealAfterIdle);
    world.disk.fail_call(world.disk.calls() + 3, io::DiskFault::kError);  // seal, sync, mark, sync
    ASSERT_EQ(world.log->step(), StepOutcome::kFailed);
    world.kill();
    world.disk.fail_from(world.disk.calls() + call, io::DiskFault::kError);
    is_whole = world.open().has_value();
    world.kill();
    world.disk.clear_faults();
    world.disk.crash([](std::uint64_t sector) { return sector % 2 == 0; });
    const Status again = world.open();
    ASSERT_TRUE(again) << again.error().message << "; call " << call;
  }
}

TEST_F(WatermarkTest, AnyFlippedBitIsDamage) {
  ASSERT_TRUE(open());
  create(1);
  ASSERT_EQ(idle(), StepOutcome::kSealed);
  close();
  const Bytes good = disk.content(kMark);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    const std::size_t byte = bit / 8 % kWatermarkSlotBytes;
    const bool is_zero = byte > 128 && byte < kWatermarkSlotBytes - 4;
    if (is_zero && bit % 61 != 0) continue;
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    disk.set_content(kMark, bad);
    ASSERT_FALSE(verify_log().value().good()) << "bit " << bit;
  }
}

TEST_F(WatermarkTest, ATornSlotThatTheLogContradictsIsDamage) {
  ASSERT_TRUE(open());
  auto actor = create(1);
  step_all();
  ASSERT_TRUE(receive(*actor, 1, 100));
  ASSERT_EQ(idle(), StepOutcome::kSealed);
  kill();
  const Bytes good = disk.content(kMark);
  const auto newest = read_watermark(disk, directory)->newest();
  ASSERT_TRUE(newest);
  const auto with_other_slot = [&](const Watermark& mark) {
    Bytes file = good;
    const std::size_t at = (mark.turn % 2) * kWatermarkSlotBytes;
    encode(mark,
           std::span<std::uint8_t, kWatermarkSlotBytes>(file.data() + at, kWatermarkSlotBytes));
    store_le<std::uint32_t>(file.data() + at + kWatermarkSlotBytes - 4, 0x12345678);
    disk.set_content(kMark, file);
    return verify_log().value().good();
  };
  Watermark mark = *newest;
  mark.turn += 1;
  EXPECT_TRUE(with_other_slot(mark));
  mark.turn += 2;
  EXPECT_FALSE(with_other_slot(mark)) << "not a neighbouring turn";
  mark = *newest;
  mark.turn += 1;
  mark.offset += 512;
  EXPECT_FALSE(with_other_slot(mark)) << "another place";
  mark = *newest;
  mark.turn += 1;
  mark.number += 5;
  EXPECT_FALSE(with_other_slot(mark)) << "a batch that is not there";
  mark = *newest;
  mark.turn += 1;
  mark.node.bytes[0] ^= 1;
  EXPECT_FALSE(with_other_slot(mark)) << "another node's";
}

}  // namespace
}  // namespace theater::chain
