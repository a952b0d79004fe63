// Thread on the standard library's.
#include "io/thread.h"

#include <pthread.h>

#include "base/check.h"

namespace theater::io {

Thread::Thread(const std::string& name, std::move_only_function<void()> function)
    : thread_([name = name.substr(0, 15), run = std::move(function)]() mutable {
        ::pthread_setname_np(::pthread_self(), name.c_str());
        run();
      }) {}

Thread::~Thread() { CHECK(!thread_.joinable(), "END-1"); }

void Thread::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace theater::io
