// Work with a pace rests three times as long as it worked, within a bound, and does not count its
// rests as work; once it is stopped it does not rest.
#include "io/pace.h"

#include <gtest/gtest.h>

#include <vector>

#include "io/manual_clock.h"
#include "io/thread.h"

namespace theater::io {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

struct CountedPace final : Pace {
  explicit CountedPace(ManualClock& clock) : Pace(clock), time(clock) {}
  void rest(Nanoseconds asked) override {
    rests.push_back(asked);
    time.advance(asked);
  }
  ManualClock& time;
  std::vector<Nanoseconds> rests;
};

TEST(Pace, RestsThreeTimesAsLongAsItWorked) {
  ManualClock clock;
  CountedPace pace(clock);
  clock.advance(hours(1));
  pace.begin();
  clock.advance(milliseconds(2));
  pace.pause();
  clock.advance(milliseconds(1));
  pace.pause();
  pace.pause();
  EXPECT_EQ(pace.rests, (std::vector<Nanoseconds>{milliseconds(6), milliseconds(3), {}}));
}

TEST(Pace, ARestIsBounded) {
  ManualClock clock;
  CountedPace pace(clock);
  clock.advance(hours(1));
  pace.pause();
  EXPECT_EQ(pace.rests, std::vector<Nanoseconds>{kPaceRestMax});
}

/// A rest that did not end would hang this test.
TEST(Pace, AStopEndsTheRestUnderWayAndAllLaterOnes) {
  ManualClock clock;
  Pace pace(clock);
  Thread worker("pace", [&] {
    for (int i = 0; i < 100'000; ++i) {
      clock.advance(hours(1));
      pace.pause();
    }
  });
  pace.stop();
  worker.join();
}

}  // namespace
}  // namespace theater::io
