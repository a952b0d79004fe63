// SIGPIPE and the limit of descriptors.
#include "node/process.h"

#include <sys/resource.h>

#include <csignal>

namespace theater::node {

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);  // if refused, the old limit stands
  }
}

}  // namespace theater::node
