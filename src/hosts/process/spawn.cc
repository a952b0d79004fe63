// Pipes, pidfd, /proc.
#include "hosts/process/spawn.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hosts/process/limits.h"
#include "io/beneath.h"
#include "io/spawn.h"

namespace theater::hosts::process {

namespace {

constexpr std::string_view kMarkName = "THEATER_PROCESS=";

struct Pipe {
  io::OwnedDescriptor read, write;
};

enum class Ours : std::uint8_t { kRead, kWrite };

/// Our end does not block; neither is inherited except by being named.
Result<Pipe> make_pipe(Ours ours) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(errno_error("pipe2", errno));
  Pipe pipe{io::OwnedDescriptor(ends[0]), io::OwnedDescriptor(ends[1])};
  const int end = ours == Ours::kRead ? ends[0] : ends[1];
  ::fcntl(end, F_SETFL, ::fcntl(end, F_GETFL) | O_NONBLOCK);
  return pipe;
}

Result<io::OwnedDescriptor> open_directory(const Program& program) {
  TRY(const auto granted, io::Beneath::open(program.directory.empty() ? "/" : program.directory));
  return granted->open_at(program.below, {O_PATH | O_DIRECTORY, 0, io::Links::kInside});
}

io::Command command_of(const Program& program) {
  io::Command command{program.path, {program.path}, {std::string(kMarkName) + program.mark}};
  command.arguments.insert(command.arguments.end(), program.arguments.begin(),
                           program.arguments.end());
  for (const auto& [name, value] : program.environment) {
    command.variables.push_back(name + "=" + value);
  }
  return command;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// A kernel thread has none.
bool has_program(pid_t id) {
  char path[1];
  return ::readlink(fmt::format("/proc/{}/exe", id).c_str(), path, sizeof path) > 0;
}

enum class Mark : std::uint8_t {
  kWanted,
  kOther,
  kUnknown,  // no environment: there is none, or the process is just beginning another program
};

/// As much of it as is looked at.
std::string environment_of(pid_t id) {
  std::ifstream file(fmt::format("/proc/{}/environ", id), std::ios::binary);
  std::string text;
  std::array<char, 16 * 1024> piece;
  while (file && text.size() < kEnvironmentBytesMax) {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  return text;
}

Mark mark_of(pid_t id, const Sweep& what) {
  const std::string text = environment_of(id);
  if (text.empty()) return has_program(id) ? Mark::kUnknown : Mark::kOther;
  const std::string wanted = std::string(kMarkName) + what.prefix;
  const std::string spared = std::string(kMarkName) + what.except;
  for (std::string_view left = text; !left.empty();) {
    const std::size_t end = left.find('\0');
    const std::string_view variable = left.substr(0, end);
    if (variable.starts_with(wanted) && variable != spared) return Mark::kWanted;
    if (end == std::string_view::npos) break;
    left.remove_prefix(end + 1);
  }
  return Mark::kOther;
}

/// The handle keeps the process from being mistaken for another of its number.
Mark end_if_marked(pid_t id, const Sweep& what) {
  const io::OwnedDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  if (!handle.is_open()) return Mark::kOther;
  const Mark mark = mark_of(id, what);
  if (mark == Mark::kWanted) {
    ::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0);
  }
  return mark;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> ids;
  const std::unique_ptr<DIR, CloseDirectory> processes(::opendir("/proc"));
  while (const dirent* const entry = processes ? ::readdir(processes.get()) : nullptr) {
    pid_t id = 0;
    const std::string_view name = entry->d_name;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), id);
    const bool is_process = parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size();
    if (is_process && id > 1) ids.push_back(id);
  }
  return ids;
}

}  // namespace

Result<Spawned> spawn(const Program& program) {
  TRY(const io::OwnedDescriptor directory, open_directory(program));
  TRY(Pipe input, make_pipe(Ours::kWrite));
  TRY(Pipe output, make_pipe(Ours::kRead));
  TRY(Pipe error, make_pipe(Ours::kRead));
  io::Spawn process;
  process.enter(directory.get());
  process.give(input.read.get(), STDIN_FILENO);
  process.give(output.write.get(), STDOUT_FILENO);
  process.give(error.write.get(), STDERR_FILENO);
  TRY(const pid_t id, process.start(command_of(program)));
  Spawned spawned;
  spawned.id = id;
  spawned.handle = io::OwnedDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  if (!spawned.handle.is_open()) return std::unexpected(errno_error("pidfd_open", errno));
  spawned.input = std::move(input.write);
  spawned.output = std::move(output.read);
  spawned.error = std::move(error.read);
  return spawned;
}

Spawned::Spawned(Spawned&& other) noexcept
    : id(std::exchange(other.id, 0)),
      handle(std::move(other.handle)),
      input(std::move(other.input)),
      output(std::move(other.output)),
      error(std::move(other.error)) {}

Spawned::~Spawned() {
  if (id == 0) return;
  end_group(id);
  io::wait_for_exit(id);
}

void end_group(pid_t leader) { ::kill(-leader, SIGKILL); }

/// Later passes look at who was started meanwhile, and again at who had no environment.
std::size_t sweep(const Sweep& what) {
  std::set<pid_t> known;  // what they are is certain
  std::size_t ended = 0;
  for (int pass = 0; pass < kSweepPassesMax; ++pass) {
    if (pass > 0) ::poll(nullptr, 0, kSweepPassMilliseconds);
    bool is_over = true;
    for (const pid_t id : all_processes()) {
      if (known.contains(id)) continue;
      const Mark mark = end_if_marked(id, what);
      if (mark != Mark::kOther) is_over = false;
      if (mark != Mark::kUnknown) known.insert(id);
      if (mark == Mark::kWanted && ++ended == kLeftoversMax) return ended;
    }
    if (is_over) break;
  }
  return ended;
}

}  // namespace theater::hosts::process
