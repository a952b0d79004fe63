// A forger who repairs every length, lsn and CRC, and one who forges the batch links too, must be
// found out by sequence, previous hash, leaf hash, link or watermark.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "chain/log_editor.h"
#include "store/actor_history.h"
#include "store/store_fixture.h"
#include "store/verify.h"

namespace theater::store {
namespace {

using chain::LogEditor;
constexpr const char* kSegment = "/data/log/seg-0000000001.log";

struct Forgery {
  const char* name;
  std::function<void(LogEditor&)> forge;
};

/// Two actors with six invocations each, in batches of their own.
void fill(StoreFixture& world) {
  world.options.log.segment_bytes = 128 * 1024;
  ASSERT_TRUE(world.open());
  TestActor a(world, 1), b(world, 2);
  for (int i = 0; i < 6; ++i) {
    a.invoke(std::string(100, static_cast<char>('a' + i)));
    b.invoke(std::string(100, static_cast<char>('A' + i)));
  }
  world.close();
}

std::vector<Bytes>& frames(LogEditor& log, std::size_t batch) {
  return log.batches.at(batch).frames;
}

/// The place of the last byte of an attachment in a frame: its payload's or delta's end.
std::uint8_t& last_byte(Bytes& frame) { return frame.back(); }

const Forgery kForgeries[] = {
    {"edited payload", [](LogEditor& log) { last_byte(frames(log, 2)[0]) ^= 1; }},
    {"edited delta", [](LogEditor& log) { last_byte(frames(log, 2)[1]) ^= 1; }},
    {"edited salt",
     [](LogEditor& log) {
       Bytes& frame = frames(log, 2)[0];
       frame[frame.size() - 6] ^= 1;
     }},
    {"edited previous hash", [](LogEditor& log) { LogEditor::record(frames(log, 2)[0])[30] ^= 1; }},
    {"edited digest",
     [](LogEditor& log) {
       const auto record = LogEditor::record(frames(log, 2)[0]);
       record[record.size() - 60] ^= 1;
     }},
    {"swapped neighbours of one actor",
     [](LogEditor& log) { std::swap(frames(log, 3)[0], frames(log, 3)[1]); }},
    {"swapped events of two actors",
     [](LogEditor& log) { std::swap(frames(log, 2)[1], frames(log, 3)[1]); }},
    {"swapped whole batches", [](LogEditor& log) { std::swap(frames(log, 2), frames(log, 3)); }},
    {"removed event", [](LogEditor& log) { frames(log, 2).erase(frames(log, 2).begin()); }},
    {"removed commit", [](LogEditor& log) { frames(log, 4).pop_back(); }},
    {"removed batch",
     [](LogEditor& log) {
       frames(log, 2) = {frames(log, 3)[0]};
       frames(log, 3).erase(frames(log, 3).begin());
     }},
    {"duplicated event", [](LogEditor& log) { frames(log, 2).push_back(frames(log, 2).back()); }},
    {"spliced event of another actor",
     [](LogEditor& log) { frames(log, 2).insert(frames(log, 2).begin(), frames(log, 5)[0]); }},
    {"event of one actor under the other's id",
     [](LogEditor& log) {
       const ActorId other = LogEditor::actor(frames(log, 3)[0]);
       std::ranges::copy(other.bytes, LogEditor::record(frames(log, 2)[0]).begin() + 5);
     }},
    {"dropped tail", [](LogEditor& log) { frames(log, log.batches.size() - 2).pop_back(); }},
};

TEST(Tampering, IsFoundWithEveryCrcRepairedAndEvenWithForgedLinks) {
  for (const auto links : {LogEditor::Links::kKept, LogEditor::Links::kForged}) {
    for (const Forgery& forgery : kForgeries) {
      StoreFixture world;
      fill(world);
      ASSERT_TRUE(verify(world.disk, world.root, {})->good());
      LogEditor log(world.disk.content(kSegment));
      ASSERT_EQ(log.assemble(LogEditor::Links::kForged), world.disk.content(kSegment))
          << "the forger's tools are good";
      forgery.forge(log);
      world.disk.set_content(kSegment, log.assemble(links));
      const auto report = verify(world.disk, world.root, {}).value();
      EXPECT_FALSE(report.good()) << forgery.name
                                  << (links == LogEditor::Links::kForged ? ", links forged" : "");
    }
  }
}

/// The frame with its last attachment said to be in the pay file, at `offset`, and so long.
Bytes moved_to_pay_file(const Bytes& frame, std::uint64_t offset, std::uint32_t length) {
  chain::Frame parsed;
  CHECK(chain::parse_frame(frame, parsed), "the segment was good");
  const chain::StoredAttachment& last = parsed.attachments.back();
  Bytes out = to_bytes(ByteSpan(frame).first(frame.size() - 8 - last.pay_bytes()));
  out.push_back(static_cast<std::uint8_t>(last.attachment_class));
  out.push_back(static_cast<std::uint8_t>(chain::AttachmentPlace::kPay));
  out.resize(out.size() + 18);
  store_le<std::uint32_t>(out.data() + out.size() - 16, length);
  store_le<std::uint32_t>(out.data() + out.size() - 12, 1);
  store_le<std::uint64_t>(out.data() + out.size() - 8, offset);
  store_le<std::uint32_t>(out.data(), static_cast<std::uint32_t>(out.size()));
  return out;
}

/// Whoever reads it says that it is bad, or what it can; none touches memory it does not own.
void read_all(StoreFixture& world) {
  for (const auto load : {ActorHistory::Load::kSummaries, ActorHistory::Load::kImages}) {
    const auto history = ActorHistory::open(world.disk, world.root, load);
    if (!history) continue;
    static_cast<void>((*history)->for_each({}, [](const StoredEvent&) {
      return Result<ActorHistory::Visit>(ActorHistory::Visit::kContinue);
    }));
  }
}

TEST(Tampering, NoPlaceOrLengthLeadsOutOfAFile) {
  StoreFixture world;
  fill(world);
  const Bytes good = world.disk.content(kSegment);
  constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1} << 40, chain::kPayOffsetMax,
                                     kEnd - 115, kEnd - 99, kEnd - 3, kEnd}) {
    for (const std::uint32_t length : {0u, 4u, 100u, 0xfffffff0u}) {
      for (const std::size_t frame : {0u, 1u}) {
        LogEditor log(good);
        Bytes& forged = frames(log, 2)[frame];
        forged = moved_to_pay_file(forged, offset, length);
        world.disk.set_content(kSegment, log.assemble(LogEditor::Links::kForged));
        const auto report = verify(world.disk, world.root, {}).value();
        EXPECT_FALSE(report.good()) << offset << ' ' << length << ' ' << frame;
        read_all(world);
      }
    }
  }
}

TEST(Tampering, TheReportNamesTheFirstBadEvent) {
  StoreFixture world;
  fill(world);
  LogEditor log(world.disk.content(kSegment));
  const ActorId actor = LogEditor::actor(frames(log, 2)[0]);
  last_byte(frames(log, 2)[0]) ^= 1;
  world.disk.set_content(kSegment, log.assemble(LogEditor::Links::kKept));
  const auto report = verify(world.disk, world.root, {}).value();
  ASSERT_FALSE(report.good());
  EXPECT_EQ(report.bad->actor, actor);
  EXPECT_EQ(report.bad->seq, Seq{3});
  EXPECT_EQ(report.bad->reason, "a payload does not match its commitment");
}

}  // namespace
}  // namespace theater::store
