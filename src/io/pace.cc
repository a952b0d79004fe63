// Rests between pieces of work.
#include "io/pace.h"

#include <algorithm>

namespace theater::io {

void Pace::pause() {
  rest(std::min(kPaceRests * (clock_.now() - resumed_), kPaceRestMax));
  resumed_ = clock_.now();
}

void Pace::stop() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.notify_all();
}

void Pace::rest(Nanoseconds time) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, time, [this] { return is_stopped_; });
}

}  // namespace theater::io
