// The evidence rule: one verdict for each of the 24 cases, and on disk: what was acknowledged is
// never cut, what was not never stops a start.
#include "chain/evidence.h"

#include <gtest/gtest.h>

#include "chain/log_fixture.h"
#include "chain/log_format.h"
#include "chain/watermark.h"

namespace theater::chain {
namespace {

TEST(Evidence, TheTableHasEachCaseOnceInOrder) {
  std::size_t index = 0;
  for (const auto batch : {BatchState::kOk, BatchState::kTorn, BatchState::kOtherEpoch}) {
    for (const auto later : {Evidence::kNo, Evidence::kYes}) {
      for (const auto past : {Evidence::kNo, Evidence::kYes}) {
        for (const auto covers : {Evidence::kNo, Evidence::kYes}) {
          const EvidenceCase& row = kEvidenceTable[index++];
          EXPECT_EQ(row.batch, batch);
          EXPECT_EQ(row.later_batch, later);
          EXPECT_EQ(row.watermark_past, past);
          EXPECT_EQ(row.checkpoint_covers, covers);
          EXPECT_EQ(judge({batch, later, past, covers}), row.verdict);
          const bool evidence =
              later == Evidence::kYes || past == Evidence::kYes || covers == Evidence::kYes;
          const Verdict expected = batch == BatchState::kOk ? Verdict::kAccept
                                   : evidence               ? Verdict::kCorrupt
                                                            : Verdict::kTorn;
          EXPECT_EQ(row.verdict, expected) << index - 1;
        }
      }
    }
  }
  EXPECT_EQ(index, kEvidenceTable.size());
}

constexpr const char* kSegment = "/data/log/seg-0000000001.log";
constexpr const char* kMark = "/data/log/watermark";

/// A log of three batches, killed; where they begin.
struct ThreeBatches : LogFixture {
  ThreeBatches() {
    CHECK(open().has_value(), "a good disk");
    watermark_at_start = disk.content(kMark);
    auto actor = create(1);
    step_all();
    for (int i = 0; i < 2; ++i) {
      CHECK(receive(*actor, 1, 100).has_value(), "a good log");
      step_all();
    }
    clock.advance(kSealAfterIdle);
    kill();
    const Bytes segment = disk.content(kSegment);
    std::uint64_t at = kSegmentHeaderBytes;
    while (has_batch_magic(ByteSpan(segment).subspan(at))) {
      begins.push_back(at);
      at += decode_batch_header(ByteSpan(segment).subspan(at, kBatchHeaderBytes))->stored_bytes();
    }
    end = at;
  }
  void damage(std::uint64_t at) {
    Bytes segment = disk.content(kSegment);
    segment[at] ^= 0x10;
    disk.set_content(kSegment, segment);
  }
  /// The watermark vouches for `batches` batches and no more.
  void set_watermark(std::uint64_t batches) {
    Watermark mark;
    mark.node = node;
    mark.turn = 100;
    mark.epoch = 2;
    mark.segment = 1;
    mark.number = batches;
    mark.offset = batches < begins.size() ? begins[batches] : end;
    mark.lsn = {batches};
    Bytes file(2 * kWatermarkSlotBytes);
    encode(mark, std::span<std::uint8_t, kWatermarkSlotBytes>(file.data(), kWatermarkSlotBytes));
    disk.set_content(kMark, file);
  }
  std::vector<std::uint64_t> begins;
  std::uint64_t end = 0;
  Bytes watermark_at_start;
};

TEST(EvidenceOnDisk, ADamagedBatchBeforeAnotherIsCorruptAndNothingIsWritten) {
  ThreeBatches world;
  world.set_watermark(0);
  world.damage(world.begins[1] + 200);
  const Bytes before = world.disk.content(kSegment);
  const auto opened = world.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
  EXPECT_NE(
      opened.error().message.find(fmt::format("seg-0000000001.log at byte {}", world.begins[1])),
      std::string::npos)
      << opened.error().message;
  EXPECT_EQ(world.disk.content(kSegment), before);
}

TEST(EvidenceOnDisk, ADamagedLastBatchIsTornUnlessTheWatermarkVouchesForIt) {
  ThreeBatches world;
  ASSERT_EQ(world.begins.size(), 3u);
  world.damage(world.begins[2] + 200);
  world.set_watermark(3);
  EXPECT_EQ(world.open().error().code, Code::kCorrupt);
  world.set_watermark(2);
  ASSERT_TRUE(world.open());
  EXPECT_EQ(world.recovery.end.offset, world.begins[2]);
  EXPECT_GT(world.recovery.end.epoch, 2u);
  EXPECT_GT(world.recovery.after_crash->bytes_cut, 0u);
  world.close();
  EXPECT_EQ(world.read()->size(), 2u);
}

TEST(EvidenceOnDisk, ASealProvesTheLastBatch) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  EXPECT_EQ(world.idle(), StepOutcome::kSealed);
  world.kill();
  Bytes segment = world.disk.content(kSegment);
  segment[kSegmentHeaderBytes + 150] ^= 1;
  world.disk.set_content(kSegment, segment);
  EXPECT_EQ(world.open().error().code, Code::kCorrupt);
}

TEST(EvidenceOnDisk, ABatchOfAnEarlierEpochIsNotMistakenForTheNextOne) {
  ThreeBatches world;
  // A whole batch, left over: the third one again, behind itself.
  Bytes segment = world.disk.content(kSegment);
  std::copy_n(segment.begin() + static_cast<std::ptrdiff_t>(world.begins[2]),
              world.end - world.begins[2],
              segment.begin() + static_cast<std::ptrdiff_t>(world.end));
  world.disk.set_content(kSegment, segment);
  world.set_watermark(3);
  ASSERT_TRUE(world.open());
  EXPECT_EQ(world.recovery.end.offset, world.end);
  EXPECT_GT(world.recovery.after_crash->bytes_cut, 0u);
  world.close();
  EXPECT_EQ(world.read()->size(), 3u);
}

TEST(EvidenceOnDisk, AMissingSegmentOrWatermarkIsCorrupt) {
  ThreeBatches world;
  ASSERT_TRUE(world.disk.remove(kMark));
  EXPECT_EQ(world.open().error().code, Code::kCorrupt);
  world.set_watermark(3);
  ASSERT_TRUE(world.disk.remove(kSegment));
  EXPECT_EQ(world.open().error().code, Code::kCorrupt);
}

TEST(EvidenceOnDisk, AnotherNodesLogIsRefused) {
  ThreeBatches world;
  world.node.bytes[0] ^= 1;
  EXPECT_EQ(world.open().error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace theater::chain
