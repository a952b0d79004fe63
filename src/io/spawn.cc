// Spawn: posix_spawn, which shares this process's memory until the program is loaded.
#include "io/spawn.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace theater::io {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> raw;
  for (std::string& text : texts) raw.push_back(text.data());
  raw.push_back(nullptr);
  return raw;
}

}  // namespace

Spawn::Spawn() {
  ::posix_spawn_file_actions_init(&actions_);
  ::posix_spawnattr_init(&attributes_);
  sigset_t all, none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&attributes_, &all);
  ::posix_spawnattr_setsigmask(&attributes_, &none);
  ::posix_spawnattr_setpgroup(&attributes_, 0);
  ::posix_spawnattr_setflags(
      &attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
}

Spawn::~Spawn() {
  ::posix_spawn_file_actions_destroy(&actions_);
  ::posix_spawnattr_destroy(&attributes_);
}

void Spawn::enter(int directory) { ::posix_spawn_file_actions_addfchdir_np(&actions_, directory); }

void Spawn::give(int descriptor, int as) {
  ::posix_spawn_file_actions_adddup2(&actions_, descriptor, as);
}

Result<pid_t> Spawn::start(Command command) {
  ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  const auto arguments = pointers(command.arguments);
  const auto variables = pointers(command.variables);
  pid_t id = 0;
  const int failed = ::posix_spawn(&id, command.path.c_str(), &actions_, &attributes_,
                                   arguments.data(), variables.data());
  if (failed != 0) return std::unexpected(errno_error("start " + command.path, failed));
  return id;
}

int wait_for_exit(pid_t id) {
  int status = 0;
  while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : 0;
}

bool reap_within(int handle, pid_t id, Nanoseconds patience) {
  pollfd exit{.fd = handle, .events = POLLIN, .revents = 0};
  const auto span = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  while (::poll(&exit, 1, static_cast<int>(span.count())) < 0 && errno == EINTR) {
  }
  return ::waitpid(id, nullptr, WNOHANG) == id;
}

}  // namespace theater::io
