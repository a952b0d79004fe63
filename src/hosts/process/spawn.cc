// Pipes, pidfd, /proc.
#include "hosts/process/spawn.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <memory>
#include <utility>

#include "hosts/process/limits.h"
#include "io/beneath.h"
#include "io/spawn.h"

namespace theater::hosts::process {

namespace {

constexpr std::string_view kMarkName = "THEATER_PROCESS=";
constexpr std::size_t kEnvironmentBytesMax = 1 << 20;  // of a process that is looked at

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

bool has_mark(pid_t id, const Sweep& what) {
  std::ifstream file(fmt::format("/proc/{}/environ", id), std::ios::binary);
  std::string text(kEnvironmentBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  const std::string wanted = std::string(kMarkName) + what.prefix;
  const std::string spared = std::string(kMarkName) + what.except;
  for (std::string_view left = text; !left.empty();) {
    const std::size_t end = left.find('\0');
    const std::string_view variable = left.substr(0, end);
    if (variable.starts_with(wanted) && variable != spared) return true;
    if (end == std::string_view::npos) break;
    left.remove_prefix(end + 1);
  }
  return false;
}

/// The handle keeps the process from being mistaken for another of its number.
bool end_if_marked(pid_t id, const Sweep& what) {
  const io::OwnedDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  return handle.is_open() && has_mark(id, what) &&
         ::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0) == 0;
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

std::size_t sweep(const Sweep& what) {
  const std::unique_ptr<DIR, CloseDirectory> processes(::opendir("/proc"));
  std::size_t ended = 0;
  while (const dirent* const entry = processes ? ::readdir(processes.get()) : nullptr) {
    pid_t id = 0;
    const std::string_view name = entry->d_name;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), id);
    const bool is_process = parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size();
    if (is_process && id > 1 && end_if_marked(id, what)) ++ended;
    if (ended >= kLeftoversMax) break;
  }
  return ended;
}

}  // namespace theater::hosts::process
