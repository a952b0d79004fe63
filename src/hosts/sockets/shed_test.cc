// Who has held something longest ends first, and who holds most of those; some in each task, and
// nobody once enough is free.
#include "hosts/sockets/shed.h"

#include <gtest/gtest.h>

namespace theater::hosts::sockets {
namespace {

struct Line {
  std::size_t bytes = 10;
  bool is_cut = false;
};

struct ShedTest : testing::Test {
  std::vector<Line> lines;
  websocket::ByteCount all = websocket::count_bytes();

  void fill(std::size_t count) {
    lines.resize(count);
    *all = 10 * count;
  }
  /// The higher its place the longer a line has held what it has.
  host::Round shed_to(std::uint64_t most) {
    std::vector<Holder<Line>> holders;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].is_cut) continue;
      holders.push_back({{Nanoseconds(lines.size() - i)}, lines[i].bytes, &lines[i]});
    }
    return shed(std::move(holders), all, most, [this](Line& line) {
      line.is_cut = true;
      *all -= line.bytes;
    });
  }
  std::size_t cut() const {
    return static_cast<std::size_t>(std::ranges::count_if(lines, &Line::is_cut));
  }
};

TEST_F(ShedTest, EndsSoManyInOneTaskUntilThreeQuartersAreLeft) {
  fill(2 * host::kClosesMax);
  constexpr std::uint64_t kMost = 4 * host::kClosesMax;
  EXPECT_EQ(shed_to(kMost), host::Round::kUnfinished);
  EXPECT_EQ(cut(), host::kClosesMax);
  EXPECT_TRUE(lines.back().is_cut);
  EXPECT_FALSE(lines.front().is_cut);
  EXPECT_EQ(shed_to(kMost), host::Round::kDone);
  EXPECT_LE(*all, kMost - kMost / 4);
  EXPECT_GT(*all, kMost - kMost / 4 - 10);
}

/// What they hold is not freed by their end.
TEST_F(ShedTest, WhoHoldsWhatOthersHoldTooEndsLast) {
  fill(53);
  for (std::size_t i = 0; i < lines.size(); ++i) lines[i].bytes = i < 3 ? 100 : 0;
  *all = 340;
  EXPECT_EQ(shed_to(200), host::Round::kDone);
  EXPECT_EQ(cut(), 2u);
  EXPECT_TRUE(std::ranges::none_of(lines.begin() + 3, lines.end(), &Line::is_cut));
  EXPECT_EQ(*all, 140u);
}

TEST_F(ShedTest, EndsNobodyWhenThereIsRoom) {
  fill(3);
  EXPECT_EQ(shed_to(40), host::Round::kDone);
  EXPECT_EQ(cut(), 0u);
}

TEST_F(ShedTest, IsDoneWhenNobodyIsLeft) {
  fill(3);
  EXPECT_EQ(shed_to(0), host::Round::kDone);
  EXPECT_EQ(cut(), 3u);
}

}  // namespace
}  // namespace theater::hosts::sockets
