// The table as text; after an overflow nothing is told but a rescan; each way to the end closes
// once.
#include "hosts/file_watch/machine.h"

#include <gtest/gtest.h>

#include <string>

namespace theater::hosts::file_watch {
namespace {

constexpr std::string_view kStates[] = {"scanning", "ready", "rescan-pending", "ended"};
constexpr std::string_view kInputs[] = {"scanned", "rescanned", "overflow", "refused",
                                        "taken",   "failed",    "stop"};
constexpr std::string_view kActions[] = {"ready!", "rescan!", "scan", "end!", "close"};

std::string row(WatchState state) {
  std::string text(kStates[static_cast<std::size_t>(state)]);
  for (std::size_t i = 0; i < std::size(kInputs); ++i) {
    host::Machine<kWatchTable> machine(state);
    const auto step = machine.step(static_cast<WatchInput>(i));
    if (step.ignored) continue;
    text += "\n  " + std::string(kInputs[i]) + ": " +
            std::string(kStates[static_cast<std::size_t>(machine.state())]);
    for (const WatchAction action : step.actions) {
      text += " " + std::string(kActions[static_cast<std::size_t>(action)]);
    }
  }
  return text;
}

TEST(WatchMachine, Table) {
  EXPECT_EQ(row(WatchState::kScanning),
            "scanning\n  scanned: ready ready!\n  rescanned: rescan-pending rescan!\n"
            "  failed: ended close end!\n  stop: ended close");
  EXPECT_EQ(row(WatchState::kReady),
            "ready\n  overflow: scanning scan\n  refused: rescan-pending rescan!\n"
            "  failed: ended close end!\n  stop: ended close");
  EXPECT_EQ(row(WatchState::kRescanPending),
            "rescan-pending\n  overflow: scanning scan\n  taken: ready\n"
            "  failed: ended close end!\n  stop: ended close");
  EXPECT_EQ(row(WatchState::kEnded), "ended");
}

}  // namespace
}  // namespace theater::hosts::file_watch
