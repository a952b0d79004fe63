// Signals become hints: one a name and window, halves of renames are paired by cookie within their
// time, and beyond the bound everything is forgotten and said to be.
#include "hosts/file_watch/hints.h"

#include <gtest/gtest.h>

namespace theater::hosts::file_watch {
namespace {

constexpr Nanoseconds kPair = Milliseconds(100);

struct Gathered {
  Hints hints{{4, kPair}};
  MonotonicTime now;

  void add(Sign sign, const std::string& name, std::uint32_t cookie = 0) {
    hints.add({sign, WatchId{1}, name, cookie}, now);
  }
  std::string take() {
    std::string text;
    const HintBatch batch = hints.take(now);
    for (const Move& move : batch.moves) {
      text += fmt::format("{}>{} ", move.from.name, move.to.name);
    }
    for (const Hint& hint : batch.hints) {
      text += fmt::format("{}{} ", hint.key.name, hint.is_written ? "!" : "");
    }
    for (const WatchId lost : batch.lost) text += fmt::format("lost {} ", lost.value);
    return text;
  }
};

TEST(Hints, OneForEachNameOfAWindow) {
  Gathered gathered;
  gathered.add(Sign::kChanged, "b");
  gathered.add(Sign::kWritten, "a");
  gathered.add(Sign::kWritten, "b");
  gathered.add(Sign::kChanged, "a");
  EXPECT_EQ(gathered.take(), "a! b! ");
  EXPECT_TRUE(gathered.hints.empty());
}

TEST(Hints, PairsBySameCookieOnly) {
  Gathered gathered;
  gathered.add(Sign::kMovedFrom, "a", 7);
  gathered.add(Sign::kMovedTo, "b", 7);
  gathered.add(Sign::kMovedTo, "c", 8);
  EXPECT_EQ(gathered.take(), "a>b a b c ");
}

TEST(Hints, AHalfWaitsForTheOtherUntilItsTimeIsOver) {
  Gathered gathered;
  gathered.add(Sign::kMovedFrom, "a", 7);
  gathered.now = gathered.now + Milliseconds(99);
  EXPECT_EQ(gathered.take(), "");
  EXPECT_FALSE(gathered.hints.empty());
  gathered.add(Sign::kMovedTo, "b", 7);
  EXPECT_EQ(gathered.take(), "a>b a b ");
  gathered.add(Sign::kMovedFrom, "a", 9);
  gathered.now = gathered.now + kPair;
  EXPECT_EQ(gathered.take(), "a ");
  gathered.add(Sign::kMovedTo, "b", 9);
  EXPECT_EQ(gathered.take(), "b ");
}

TEST(Hints, ChainsOfRenamesAreOne) {
  Gathered gathered;
  gathered.add(Sign::kWritten, "a");
  gathered.add(Sign::kMovedFrom, "a", 1);
  gathered.add(Sign::kMovedTo, "b", 1);
  gathered.add(Sign::kMovedFrom, "b", 2);
  gathered.add(Sign::kMovedTo, "c", 2);
  EXPECT_EQ(gathered.take(), "a>c a! b! c! ");
  gathered.add(Sign::kMovedFrom, "a", 3);
  gathered.add(Sign::kMovedTo, "b", 3);
  gathered.add(Sign::kMovedFrom, "b", 4);
  gathered.add(Sign::kMovedTo, "a", 4);
  EXPECT_EQ(gathered.take(), "a b ");
}

TEST(Hints, TheLastRenameToANameCounts) {
  Gathered gathered;
  gathered.add(Sign::kMovedFrom, "a", 1);
  gathered.add(Sign::kMovedTo, "c", 1);
  gathered.add(Sign::kMovedFrom, "b", 2);
  gathered.add(Sign::kMovedTo, "c", 2);
  EXPECT_EQ(gathered.take(), "b>c a b c ");
}

TEST(Hints, BeyondItsBoundItForgetsAndSaysSo) {
  Gathered gathered;
  for (const char* name : {"a", "b", "c", "d"}) gathered.add(Sign::kChanged, name);
  EXPECT_FALSE(gathered.hints.has_overflowed());
  gathered.add(Sign::kChanged, "a");
  EXPECT_FALSE(gathered.hints.has_overflowed());
  gathered.add(Sign::kMovedTo, "e", 1);
  EXPECT_TRUE(gathered.hints.has_overflowed());
  EXPECT_TRUE(gathered.hints.empty());
  gathered.add(Sign::kChanged, "f");
  EXPECT_TRUE(gathered.hints.empty());
  gathered.hints.clear();
  EXPECT_FALSE(gathered.hints.has_overflowed());
}

TEST(Hints, ANameThatDepartsAgainAndAgainIsToldAndBounded) {
  Gathered gathered;
  for (std::uint32_t cookie = 1; cookie <= 3; ++cookie) {
    gathered.add(Sign::kChanged, "a");
    gathered.add(Sign::kMovedFrom, "a", cookie);
    gathered.now = gathered.now + Milliseconds(40);
  }
  EXPECT_EQ(gathered.take(), "a ") << "since it departed first the time is over";
  EXPECT_TRUE(gathered.hints.empty());
  for (std::uint32_t cookie = 1; cookie <= 5; ++cookie) {
    gathered.add(Sign::kMovedFrom, "a", cookie);
  }
  EXPECT_TRUE(gathered.hints.has_overflowed()) << "each is remembered until it is paired";
}

TEST(Hints, LostWatchesCountAgainstTheBoundToo) {
  Gathered gathered;
  for (int i = 0; i < 4; ++i) gathered.add(Sign::kWatchLost, "");
  EXPECT_EQ(gathered.take(), "lost 1 lost 1 lost 1 lost 1 ");
  for (int i = 0; i < 5; ++i) gathered.add(Sign::kWatchLost, "");
  EXPECT_TRUE(gathered.hints.has_overflowed());
}

TEST(Hints, SaysThatTheKernelLostSignalsOrTheRootIsGone) {
  Gathered gathered;
  gathered.add(Sign::kOverflow, "");
  EXPECT_TRUE(gathered.hints.has_overflowed());
  gathered.add(Sign::kRootMoved, "");
  EXPECT_TRUE(gathered.hints.is_root_moved());
}

}  // namespace
}  // namespace theater::hosts::file_watch
