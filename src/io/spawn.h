// Spawn: starts a program in a process of its own.
#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace theater::io {

/// What runs, without a shell.
struct Command {
  std::string path;
  std::vector<std::string> arguments;  // its own name first
  std::vector<std::string> variables;  // all of its environment: "NAME=value"
};

/// How it is started. It leads a process group of its own, no signal is blocked or ignored for it,
/// and beyond standard error it has no descriptor. Nothing of this process is copied, however large
/// it is: only the calling thread waits until the program runs. Any thread.
class Spawn {
 public:
  Spawn();
  ~Spawn();
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  /// It begins in this directory. Descriptors are borrowed until start().
  void enter(int directory);
  void give(int descriptor, int as);
  /// Once; its process, which the caller must wait for. kNotFound, kDenied: there is none.
  Result<pid_t> start(Command command);

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// Waits for a child's exit. Its status, or minus the signal's number.
int wait_for_exit(pid_t id);
/// The same of one that was killed and may take its time; nobody asks for its status. `handle` is
/// its pidfd. False: it still runs when `patience` is over, and is not waited for.
bool reap_within(int handle, pid_t id, Nanoseconds patience);

}  // namespace theater::io
