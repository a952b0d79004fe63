// Verifying beside a running node, or one that starts meanwhile: a spare that becomes a segment
// while it is looked at is no damage, nor what a node that was stopped writes; what no node wrote
// is.
#include <gtest/gtest.h>

#include "chain/log_files.h"
#include "chain/log_fixture.h"

namespace theater::chain {
namespace {

struct VerifyRunningTest : ::testing::Test, LogFixture {
  const std::string spare = directory + "/spare";
  std::unique_ptr<ActorChain> actor;

  void SetUp() override {
    ASSERT_TRUE(open());
    create(1);
    step_all();
    kill();
    LogFiles made(disk, directory, {options.segment_bytes, kBatchBytesMin, Reserve::kNone}, random);
    ASSERT_TRUE(made.open({}));
    made.make_spare(LogFiles::Filling::kZeros);
    ASSERT_TRUE(disk.exists(spare));
    ASSERT_TRUE(open());
    actor = create(2);
  }
  void write_until(const std::function<bool()>& is_reached) {
    for (int batches = 0; !is_reached(); ++batches) {
      ASSERT_LT(batches, 100);
      ASSERT_TRUE(receive(*actor, 1, 4000));
      ASSERT_EQ(step_all(), StepOutcome::kIdle);
    }
  }
  /// `act` once, behind the verifier's opening of the spare.
  VerifyReport verify_while(const std::function<void()>& act) {
    int opened = 0;
    disk.on_open([&](const std::string& path) {
      if (path == spare && opened++ == 0) act();
    });
    VerifyReport report = verify_log().value();
    disk.on_open({});
    EXPECT_GE(opened, 1);
    return report;
  }
};

TEST_F(VerifyRunningTest, ASpareThatBecomesASegmentIsNoDamage) {
  ASSERT_TRUE(verify_log().value().good());
  const Bytes before = disk.content(spare);
  const VerifyReport report = verify_while([&] {
    write_until([&] { return disk.exists(directory + "/" + segment_name(2)); });
    ASSERT_TRUE(receive(*actor, 1, 4000));
    step_all();
  });
  EXPECT_TRUE(report.good()) << report.bad->location.file << ": " << report.bad->reason;
  const Bytes segment = disk.content(directory + "/" + segment_name(2));
  EXPECT_NE(first_nonzero(ByteSpan(segment).subspan(kSegmentHeaderBytes)),
            segment.size() - kSegmentHeaderBytes)
      << "it was written to";
  EXPECT_EQ(first_nonzero(before), before.size());
}

TEST_F(VerifyRunningTest, ASpareThatIsWrittenAndBecomesNoneIsDamage) {
  const VerifyReport report = verify_while([&] {
    Bytes content = disk.content(spare);
    content[content.size() / 2] = 1;
    disk.set_content(spare, std::move(content));
  });
  ASSERT_FALSE(report.good());
  EXPECT_EQ(report.bad->location.file, "log/spare");
}

/// A node that was stopped.
struct VerifyStartingTest : ::testing::Test, LogFixture {
  std::uint64_t next = 2;  // actor

  void SetUp() override {
    ASSERT_TRUE(open());
    auto actor = create(1);
    ASSERT_TRUE(receive(*actor, 1, 100));
    step_all();
    close();
    ASSERT_TRUE(verify_log().value().good());
  }
  void start_and_write(std::size_t bytes) {
    ASSERT_TRUE(open());
    auto other = create(next++);
    ASSERT_TRUE(receive(*other, 1, bytes));
    ASSERT_EQ(step_all(), StepOutcome::kIdle);
  }
  std::uint64_t end_of_log() {
    auto scanner = BatchScanner::open(disk, directory).value();
    while (scanner.next().value() != nullptr) {
    }
    return scanner.position().offset;
  }
  /// `act` once, behind the check of the last event that the stopped node wrote.
  VerifyReport verify_while(const std::function<void()>& act) {
    const std::uint64_t events = verify_log().value().events;
    std::uint64_t seen = 0;
    VerifyOptions how;
    how.check_event = [&](const Record&) {
      if (++seen == events) act();
      return Status{};
    };
    VerifyReport report;
    EXPECT_TRUE(LogVerifier(disk, directory, how, {}).run(node, report));
    return report;
  }
};

TEST_F(VerifyStartingTest, WhatANodeWritesThatStartsMeanwhileIsNoDamage) {
  const std::size_t sizes[] = {10, 3000, 9000};  // the last one: beside the log, in a pay file
  for (const std::size_t bytes : sizes) {
    const VerifyReport report = verify_while([&] { start_and_write(bytes); });
    EXPECT_TRUE(report.good()) << bytes << " " << report.bad->location.file << ": "
                               << report.bad->reason;
    close();
  }
  ASSERT_TRUE(disk.exists(directory + "/" + pay_name(1)));
}

TEST_F(VerifyStartingTest, ANodeThatStartsAndStopsMeanwhileIsNoDamage) {
  const VerifyReport report = verify_while([&] {
    start_and_write(9000);
    close();
  });
  EXPECT_TRUE(report.good()) << report.bad->location.file << ": " << report.bad->reason;
}

TEST_F(VerifyStartingTest, WhatNoNodeWroteIsDamage) {
  const std::string segment = directory + "/" + segment_name(1);
  const auto spoil = [&](const std::string& path, std::size_t at) {
    Bytes content = disk.content(path);
    content.resize(std::max(content.size(), at + 1));
    content[at] = 1;
    disk.set_content(path, std::move(content));
  };
  const std::pair<std::string, std::size_t> places[] = {
      {segment, 20'000}, {directory + "/" + pay_name(1), 10}, {directory + "/spare", 10}};
  for (const auto& [path, at] : places) {
    const bool was_there = disk.exists(path);
    const Bytes before = was_there ? disk.content(path) : Bytes{};
    if (!was_there) ASSERT_TRUE(disk.open(path, io::OpenMode::kCreate));
    const VerifyReport report = verify_while([&] { spoil(path, at); });
    ASSERT_FALSE(report.good()) << path;
    EXPECT_EQ("/data/" + report.bad->location.file, path);
    disk.set_content(path, before);
    if (!was_there) ASSERT_TRUE(disk.remove(path));
  }
  const VerifyReport started = verify_while([&] {
    ASSERT_TRUE(open());
    spoil(segment, 60'000);
  });
  ASSERT_FALSE(started.good()) << "beyond what a running node may be writing";
  EXPECT_EQ(started.bad->location.offset, 60'000u);
}

TEST_F(VerifyStartingTest, OfAnUnfinishedWriteOnlyWhatIsThereIsCounted) {
  start_and_write(10);
  kill();
  ASSERT_EQ(verify_log().value().torn_bytes, 0u);
  const std::string segment = directory + "/" + segment_name(1);
  const std::uint64_t end = end_of_log();
  Bytes content = disk.content(segment);
  content[end + 50] = 1;
  disk.set_content(segment, std::move(content));
  const VerifyReport report = verify_log().value();
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.torn_bytes, 51u);
}

}  // namespace
}  // namespace theater::chain
