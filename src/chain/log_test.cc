// What was acknowledged is read back after a stop, a kill and a power cut, in order and in whole.
#include <gtest/gtest.h>

#include "chain/log_fixture.h"
#include "io/stepping_executor.h"

namespace theater::chain {
namespace {

std::vector<Lsn> first_lsns(std::uint64_t count) {
  std::vector<Lsn> lsns;
  for (std::uint64_t i = 1; i <= count; ++i) lsns.push_back({i});
  return lsns;
}

TEST(Log, KeepsWhatItAcknowledgedOverAStop) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  const auto received = world.receive(*actor, 3, 100);
  ASSERT_TRUE(received);
  EXPECT_EQ(world.log->durable().value, 0u);
  EXPECT_GT(world.log->undurable_bytes(), 0u);
  EXPECT_EQ(world.log->step(), StepOutcome::kWrote);
  EXPECT_EQ(world.log->durable(), received->lsn);
  EXPECT_EQ(world.log->undurable_bytes(), 0u);
  world.close();
  EXPECT_EQ(world.read().value(), first_lsns(2));
  ASSERT_TRUE(world.open());
  EXPECT_FALSE(world.recovery.after_crash);
  world.close();
}

TEST(Log, GoesOnBehindWhatAKilledProcessWrote) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  world.step_all();
  const ActorChain::Head head = actor->head();
  world.kill();
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.recovery.after_crash);
  EXPECT_EQ(world.recovery.after_crash->bytes_cut, 0u);
  ActorChain again(*world.log, {0}, world.clock, head);
  ASSERT_TRUE(world.receive(again, 1, 10));
  world.close();
  EXPECT_EQ(world.read().value(), first_lsns(2));
}

TEST(Log, ForgetsWhatItDidNotAcknowledge) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  world.step_all();
  ASSERT_TRUE(world.receive(*actor, 1, 10));
  world.kill();
  EXPECT_EQ(world.read().value(), first_lsns(1));
}

TEST(Log, RollsOverSegmentsAndPutsLargePayloadsAside) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(world.receive(*actor, 2, i % 3 == 0 ? 9000 : 2000));
    world.step_all();
  }
  world.close();
  EXPECT_TRUE(world.disk.exists("/data/log/seg-0000000003.log"));
  EXPECT_TRUE(world.disk.exists("/data/log/pay-0000000001.log"));
  EXPECT_EQ(world.read().value(), first_lsns(61));
  ASSERT_TRUE(world.open());
  world.close();
}

TEST(Log, ResolvesPagesAndPayloadsWhereverTheyAre) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  ASSERT_TRUE(world.receive(*actor, 100, 3));
  const auto large = world.receive(*actor, 1, 10000);
  ASSERT_TRUE(large);
  world.close();
  const auto reader = LogReader::open(world.disk, world.directory, ReadUpTo::kEnd).value();
  Record record;
  ASSERT_TRUE(reader->next().value());
  const Frame* frame = reader->next().value();
  ASSERT_TRUE(reader->decode(*frame, record));
  ASSERT_EQ(record.inputs.size(), 100u);
  ASSERT_TRUE(record.input_page);
  const auto small = reader->resolve(*frame, 1 + 57, &record.inputs[57].payload);
  ASSERT_TRUE(small);
  EXPECT_EQ(as_text(small->bytes), "xxx");
  frame = reader->next().value();
  ASSERT_TRUE(reader->decode(*frame, record));
  EXPECT_EQ(frame->attachments[0].place, AttachmentPlace::kPay);
  const auto bytes = reader->resolve(*frame, 0, &record.inputs[0].payload);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(payload_digest(bytes->salt, bytes->bytes), record.inputs[0].payload.digest);
}

TEST(Log, ResolvesWhatIsFarBackWithoutRememberingWhereItIs) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  const Salt salt = LogFixture::salt(5);
  const Input input{commit_payload(salt, as_bytes("far back"), type_hint("string")), std::nullopt};
  RecordDraft draft{Kind::kReceive};
  draft.inputs = std::span(&input, 1);
  draft.name = "theater:actor/timer-handler@0.1.0#handle-events";
  const Attachment stored = Attachment::payload(salt, as_bytes("far back"));
  const auto first = actor->append(draft, std::span(&stored, 1));
  ASSERT_TRUE(first);
  for (int i = 0; i < 40; ++i) {
    world.step_all();
    ASSERT_TRUE(world.receive(*actor, 1, 2000));
  }
  const Attachment there = Attachment::elsewhere(input.payload, first->lsn);
  ASSERT_TRUE(actor->append(draft, std::span(&there, 1)));
  world.close();

  AttachmentResolver resolver(world.disk, world.directory, 2);
  auto scanner = BatchScanner::open(world.disk, world.directory).value();
  Frame frame;
  Record record;
  int found = 0;
  while (const ScannedBatch* const batch = scanner.next().value()) {
    resolver.note(*batch);
    for (ByteSpan rest = batch->body(); !rest.empty(); rest = rest.subspan(frame.bytes)) {
      ASSERT_TRUE(parse_frame(rest, frame));
      if (frame.attachments.empty() || frame.attachments[0].place != AttachmentPlace::kElsewhere) {
        continue;
      }
      ASSERT_TRUE(resolver.decode(frame, record));
      const auto bytes = resolver.resolve(frame, 0, &record.inputs.at(0).payload);
      ASSERT_TRUE(bytes) << bytes.error().message;
      EXPECT_EQ(as_text(bytes->bytes), "far back");
      ++found;
    }
  }
  EXPECT_EQ(found, 1);
}

TEST(Log, SealsWhenIdleAndOnlyOnce) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  EXPECT_EQ(world.idle(), StepOutcome::kSealed);
  EXPECT_EQ(world.idle(), StepOutcome::kIdle);
  world.close();
}

TEST(Log, MergesShardsByLsn) {
  LogFixture world;
  world.options.shards = 3;
  ASSERT_TRUE(world.open());
  auto a = world.create(1, {0}), b = world.create(2, {1}), c = world.create(3, {2});
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(world.receive(i % 3 == 0 ? *a : i % 3 == 1 ? *b : *c, 1, 20));
  }
  world.step_all();
  world.close();
  EXPECT_EQ(world.read().value(), first_lsns(43));
}

TEST(Log, RefusesWhenTheShardsQueueIsFull) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  Result<Appended> last = world.receive(*actor, 1, 3000);
  while (last) last = world.receive(*actor, 1, 3000);
  EXPECT_EQ(last.error().code, Code::kFull);
  world.step_all();
  EXPECT_TRUE(world.receive(*actor, 1, 3000));
  world.close();
}

/// What calls record leaves room for what has happened, of which a queue short of room takes much.
TEST(Log, CallsDoNotTakeTheRoomOfWhatHasHappened) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  const Result<Appended> begun = world.receive(*actor, 1, 3000);
  ASSERT_TRUE(begun);
  std::uint64_t calls = 0;
  Result<Appended> last = world.call(*actor, begun->seq, calls);
  while (last) last = world.call(*actor, begun->seq, ++calls);
  EXPECT_EQ(last.error().code, Code::kFull);
  std::uint64_t happened = 0;
  while (world.overflow(*actor, 1, 3000)) ++happened;
  EXPECT_GE(happened * 3000, 3 * world.options.shard_queue_bytes);
  world.step_all();
  EXPECT_TRUE(world.call(*actor, begun->seq, calls));
  world.close();
  EXPECT_EQ(world.read().value(), first_lsns(3 + calls + happened));
  EXPECT_TRUE(world.verify_log()->good());
}

TEST(Log, TellsOnlyShardsThatHaveSomethingDurable) {
  LogFixture world;
  world.options.shards = 2;
  io::SteppingExecutor executor(world.clock);
  ASSERT_TRUE(world.open());
  std::vector<Lsn> told;
  world.log->subscribe({0}, executor, [&](Lsn lsn) { told.push_back(lsn); });
  world.log->subscribe({1}, executor, [&](Lsn) { ADD_FAILURE() << "nothing of shard 1"; });
  auto actor = world.create(1);
  world.step_all();
  ASSERT_TRUE(world.receive(*actor, 1, 1));
  world.step_all();
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(executor.task_count(), 1u);  // one pending at most
  executor.run();
  EXPECT_EQ(told, std::vector<Lsn>{{2}});
  world.close();
}

TEST(Log, TellsAShardThatAwaitsABatchOfOthersOnce) {
  LogFixture world;
  world.options.shards = 2;
  io::SteppingExecutor executor(world.clock);
  ASSERT_TRUE(world.open());
  int told = 0;
  world.log->subscribe({1}, executor, [&](Lsn) { ++told; });
  auto actor = world.create(1);
  world.log->await_batch({1});
  world.step_all();
  executor.run();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(world.log->undurable_bytes(), 0u);
  ASSERT_TRUE(world.receive(*actor, 1, 1));
  world.step_all();
  executor.run();
  EXPECT_EQ(told, 1);
  world.close();
}

TEST(Log, ShowsAFollowerOnlyWhatIsProvedDurable) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  world.step_all();
  const auto reader = LogReader::open(world.disk, world.directory, ReadUpTo::kDurable).value();
  EXPECT_EQ(reader->next().value(), nullptr);  // nothing vouches for the first batch yet
  ASSERT_TRUE(world.receive(*actor, 1, 1));
  world.step_all();
  ASSERT_NE(reader->next().value(), nullptr);
  EXPECT_EQ(reader->next().value(), nullptr);
  EXPECT_EQ(world.idle(), StepOutcome::kSealed);
  const Frame* const frame = reader->next().value();
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(frame->lsn.value, 2u);
  EXPECT_EQ(reader->next().value(), nullptr);
  world.close();
}

TEST(Log, RefusesDraftsThatBreakTheRulesAndStaysAsItWas) {
  LogFixture world;
  ASSERT_TRUE(world.open());
  auto actor = world.create(1);
  const Seq before = actor->head().next;
  EXPECT_EQ(actor->append(RecordDraft{Kind::kCommit}).error().code, Code::kInvalid);
  RecordDraft draft{Kind::kReceive};
  draft.name = "f";
  const Input input{commit_payload({}, as_bytes("abc"), {}), std::nullopt};
  draft.inputs = std::span(&input, 1);
  EXPECT_EQ(actor->append(draft).error().code, Code::kInvalid) << "no attachment";
  EXPECT_EQ(actor->head().next, before);
  ASSERT_TRUE(world.receive(*actor, 1, 1));
  world.close();
  EXPECT_EQ(world.read().value(), first_lsns(2));
}

}  // namespace
}  // namespace theater::chain
