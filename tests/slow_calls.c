// Put before the C library of a node (LD_PRELOAD), makes the first calls of one function by a shard's
// thread block it: a planted fault that the watchdog has to find. SLOW_CALL names the function:
// timerfd_settime, which families' calls come to, or accept4, which a socket's readiness leads to.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

static void plant(const char* call) {
  static atomic_int left = 50;
  const char* const slow = getenv("SLOW_CALL");
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  if (slow == 0 || strcmp(slow, call) != 0 || strncmp(name, "shard", 5) != 0) return;
  if (atomic_fetch_sub(&left, 1) <= 0) return;
  const struct timespec time = {0, 100000000};
  nanosleep(&time, 0);
}

int timerfd_settime(int descriptor, int flags, const struct itimerspec* set,
                    struct itimerspec* old) {
  typedef int Call(int, int, const struct itimerspec*, struct itimerspec*);
  plant("timerfd_settime");
  return ((Call*)dlsym(RTLD_NEXT, "timerfd_settime"))(descriptor, flags, set, old);
}

int accept4(int descriptor, struct sockaddr* address, socklen_t* size, int flags) {
  typedef int Call(int, struct sockaddr*, socklen_t*, int);
  plant("accept4");
  return ((Call*)dlsym(RTLD_NEXT, "accept4"))(descriptor, address, size, flags);
}
