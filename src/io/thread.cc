// Thread on the standard library's.
#include "io/thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "base/check.h"

namespace theater::io {
namespace {

/// sched_setattr(2); no header of the C library has it.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0, deadline = 0, period = 0;  // nanoseconds
};

constexpr std::uint64_t kShortTurn = 100'000;  // nanoseconds: the least that Linux takes

}  // namespace

Thread::Thread(const std::string& name, std::move_only_function<void()> function)
    : thread_([name = name.substr(0, 15), run = std::move(function)]() mutable {
        ::pthread_setname_np(::pthread_self(), name.c_str());
        run();
      }) {}

Thread::~Thread() { CHECK(!thread_.joinable(), "END-1"); }

void Thread::join() {
  if (thread_.joinable()) thread_.join();
}

bool go_in_short_turns() {
  SchedulingAttributes attributes;
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return false;
  attributes.runtime = kShortTurn;
  return ::syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

void go_behind_others(Behind how) {
  const int niceness = how == Behind::kAll ? 19 : 10;
  // On Linux a thread's, not the process's. Where it is refused, the thread is as all others.
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness));
}

}  // namespace theater::io
