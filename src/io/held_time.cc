// HeldTime: the thread's processor time, and, where it was blocked, what the monotonic clock has
// beyond that and the kernel's account of waits for a processor.
#include "io/held_time.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>

namespace theater::io {
namespace {

Nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

/// How often the thread gave up its processor, that is, was blocked.
std::int64_t blocked_count() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

}  // namespace

HeldTime::HeldTime() : statistics_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}

/// A wait between two of the readings shortens what is measured, here and in since(): whoever is
/// named did hold the thread.
HeldTime::Mark HeldTime::mark() const {
  Mark mark;
  mark.blocked = blocked_count();
  mark.is_wait_counted = read_waited(mark.waited);
  mark.processor = read_clock(CLOCK_THREAD_CPUTIME_ID);
  mark.time = read_clock(CLOCK_MONOTONIC);
  return mark;
}

HeldTime::Span HeldTime::since(const Mark& mark) const {
  const Nanoseconds now = read_clock(CLOCK_MONOTONIC);
  Span span{.computed = read_clock(CLOCK_THREAD_CPUTIME_ID) - mark.processor};
  Nanoseconds waited{0};
  const bool is_wait_counted = read_waited(waited);
  if (blocked_count() == mark.blocked || !mark.is_wait_counted || !is_wait_counted) return span;
  const Nanoseconds passed = now - mark.time - (waited - mark.waited);
  span.blocked = std::max(passed - span.computed, Nanoseconds(0));
  return span;
}

Nanoseconds HeldTime::passed(const Mark& mark) { return read_clock(CLOCK_MONOTONIC) - mark.time; }

/// The file has three numbers: ran so long, waited for a processor so long, ran so often.
bool HeldTime::read_waited(Nanoseconds& waited) const {
  std::array<char, 128> text;
  const ssize_t size = ::pread(statistics_.get(), text.data(), text.size(), 0);
  if (size <= 0) return false;
  std::int64_t number = 0;
  const char* const end = text.data() + size;
  const auto ran = std::from_chars(text.data(), end, number);
  if (ran.ptr == end || std::from_chars(ran.ptr + 1, end, number).ec != std::errc()) return false;
  waited = Nanoseconds(number);
  return true;
}

}  // namespace theater::io
