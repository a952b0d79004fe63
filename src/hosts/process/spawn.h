// spawn and sweep: the system calls that start a program, and those that end what a crash left.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/owned_descriptor.h"

namespace theater::hosts::process {

/// What is to be started, without a shell.
struct Program {
  std::string path;
  std::vector<std::string> arguments;  // without the program's own name
  std::string directory;               // granted; "" = the root of the file system
  std::string below;                   // a place in it
  std::map<std::string, std::string> environment;
  std::string mark;  // in its environment, and in that of whatever it starts
};

/// A started program, leader of a process group of its own. Whoever takes the id ends and reaps it;
/// otherwise the destructor does.
struct Spawned {
  Spawned() = default;
  Spawned(Spawned&& other) noexcept;
  Spawned& operator=(Spawned&&) = delete;
  ~Spawned();

  pid_t id = 0;
  io::OwnedDescriptor handle;  // a pidfd: readable once it has exited
  io::OwnedDescriptor input, output, error;
};

/// Starts it; blocks until it runs. kNotFound, kDenied: there is no such program or directory.
Result<Spawned> spawn(const Program& program);
/// Kills what is left of the group. To be called before its exit is taken, while the number is
/// certain.
void end_group(pid_t leader);
/// Ends every process whose mark begins with `prefix` and is not `except`, those too that they
/// start meanwhile; returns how many. Blocks.
struct Sweep {
  std::string prefix, except;
};
std::size_t sweep(const Sweep& what);

}  // namespace theater::hosts::process
