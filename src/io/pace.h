// Pace: rests for work in the background, so that those whom it shares a disk with get on.
#pragma once

#include <condition_variable>
#include <mutex>

#include "io/clock.h"

namespace theater::io {

/// A thread that works with a pace rests for kPaceRests times as long as it worked, as often as it
/// says that it may. One thread pauses; any may stop it.
class Pace {
 public:
  explicit Pace(const Clock& clock) : clock_(clock), resumed_(clock.now()) {}
  virtual ~Pace() = default;

  /// A piece of work begins.
  void begin() { resumed_ = clock_.now(); }
  /// A piece of work is done: rests, at most kPaceRestMax.
  void pause();
  /// From now on there is no rest; one under way ends.
  void stop();

 protected:
  virtual void rest(Nanoseconds time);

 private:
  const Clock& clock_;
  MonotonicTime resumed_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopped_ = false;
};

inline constexpr int kPaceRests = 3;
inline constexpr Nanoseconds kPaceRestMax = std::chrono::milliseconds(50);

}  // namespace theater::io
