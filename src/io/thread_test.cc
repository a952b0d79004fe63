// A thread that goes in short turns still runs, and so does one where the system refuses it.
#include "io/thread.h"

#include <gtest/gtest.h>

namespace theater::io {
namespace {

TEST(Thread, InShortTurnsItRunsToItsEnd) {
  int done = 0;
  Thread thread("short turns", [&] {
    const bool is_known = go_in_short_turns();
    EXPECT_EQ(go_in_short_turns(), is_known);
    ++done;
  });
  thread.join();
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace theater::io
