// Verifying beside a running node: a spare that becomes a segment while it is looked at is no
// damage; one that was written and became none is.
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

}  // namespace
}  // namespace theater::chain
