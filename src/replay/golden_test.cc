// A golden run, with every kind of event that an actor's work makes, stays verifiable and replays
// for ever: what its values, records and repetitions mean does not change.
#include <gmock/gmock.h>

#include <cstdlib>
#include <set>

#include "io/posix_file.h"
#include "replay/testing/replay_node.h"
#include "store/verify.h"

namespace theater::replay {
namespace {

using actor::testing::shared_engine;

const std::string kGolden = std::string(THEATER_SOURCE_DIR) + "/tests/golden/format-1-run";
constexpr const char* kHead = "b72b5778651e4c0e175d9aca19e784b5bf44d7d350cde15ece9d8b935adb7b28";
constexpr const char* kRoot = "9918f0c9409407d526041cecb472276af970b8be9558372aee3c53b801cca6b1";

/// What was recorded; it need not come out the same any more.
struct GoldenRun : testing::ReplayNode {
  GoldenRun() : ReplayNode(2026) {
    options.log.segment_bytes = 128 * 1024;
    options.log.batch_bytes_max = 64 * 1024;
  }
  void record() {
    open();
    start();
    for (const char* commands : {"+", "er+", "m", "od", "x", "e+t", "c", "+"}) {
      tell(commands);
      clock.advance(std::chrono::milliseconds(7));
    }
    actor->evict();
    tell("w+");
    script.port->answer_wait(script.waits.at(0), Bytes{0x41});
    settle();
    script.port->record_overflow({"probe events", chain::OverflowPolicy::kRefuse, 3, 100});
    tell("w+");
    restart();
    tell("+");
    wasm = actor::testing::probe_wasm("1040) \"asked to fail", "1040) \"asked to FAIL");
    restart();
    tell("x");
    tell("rm+");
    ASSERT_TRUE(store->log().stop()) << "sealed: no byte behind the end is the start of a write";
    kill();
  }
  void write(const std::string& target) {
    const auto files = io::make_posix_file_system();
    for (const std::string& path : disk.files()) {
      const std::string to = target + path.substr(root.size());
      ASSERT_TRUE(files->make_directories(to.substr(0, to.rfind('/'))));
      ASSERT_TRUE(io::write_file_atomically(*files, to, disk.content(path)));
    }
  }
};

TEST(GoldenRun, VerifiesAndReplays) {
  GoldenRun run;
  if (const char* const target = std::getenv("THEATER_WRITE_GOLDEN_RUN")) {
    run.record();
    run.write(target);
  }
  const auto files = io::make_posix_file_system();
  const auto verified = store::verify(*files, kGolden, {});
  ASSERT_TRUE(verified) << verified.error().message;
  ASSERT_TRUE(verified->good()) << verified->bad->location.file << ": " << verified->bad->reason;
  const auto history =
      store::ActorHistory::open(*files, kGolden, store::ActorHistory::Load::kSummaries).value();
  std::set<std::string_view> kinds;
  ASSERT_TRUE(history->for_each({}, [&](const store::StoredEvent& event) {
    kinds.insert(chain::kind_name(event.record.kind));
    return Result<store::ActorHistory::Visit>(store::ActorHistory::Visit::kContinue);
  }));
  EXPECT_THAT(kinds, ::testing::IsSupersetOf<std::string_view>(
                         {"genesis", "upgrade", "activate", "recv", "host-call", "host-req",
                          "host-res", "commit", "trap", "overflow", "denied", "lifecycle"}));
  store::ComponentStore components(*files, store::NodeLayout{kGolden}.components());
  const auto report = replay({shared_engine(), *history, components, run.set.infos(), ""}, {});
  testing::expect_equal(report);
  ASSERT_EQ(report->actors.size(), 1u);
  const ActorReplay& one = report->actors[0];
  EXPECT_EQ(one.head.hex(), kHead);
  EXPECT_EQ(one.state_root.hex(), kRoot);
  EXPECT_EQ(one.skipped, 1u) << "the wait that was interrupted";
}

}  // namespace
}  // namespace theater::replay
