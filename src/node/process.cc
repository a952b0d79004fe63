// SIGPIPE and the limit of descriptors, and room for them.
#include "node/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace theater::node {

namespace {

constexpr rlim_t kDescriptorsReady = 65'536;  // 8 bytes each

/// The kernel's table of descriptors doubles when it is full, and where there are threads it then
/// waits for all processors: 5 to 20 ms inside an accept() or open() (BLOCK-1). It never shrinks:
/// one high number makes it large while there is no other thread.
void grow_descriptor_table(rlim_t limit) {
  const auto last = static_cast<int>(std::min(limit, kDescriptorsReady)) - 1;
  const int high = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, last);
  if (high >= 0) ::close(high);
}

}  // namespace

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t old = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  const bool is_raised = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;  // if refused, the old one stands
  grow_descriptor_table(is_raised ? limit.rlim_cur : old);
}

}  // namespace theater::node
