// Put before the C library of a node (LD_PRELOAD), makes the first calls of timerfd_settime by a
// shard's thread block it: a planted fault that the watchdog has to find.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

int timerfd_settime(int descriptor, int flags, const struct itimerspec* set,
                    struct itimerspec* old) {
  typedef int Call(int, int, const struct itimerspec*, struct itimerspec*);
  static atomic_int left = 50;
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  if (strncmp(name, "shard", 5) == 0 && atomic_fetch_sub(&left, 1) > 0) {
    const struct timespec time = {0, 40000000};
    nanosleep(&time, 0);
  }
  return ((Call*)dlsym(RTLD_NEXT, "timerfd_settime"))(descriptor, flags, set, old);
}
