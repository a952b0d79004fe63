// Keeper: how the node starts and tells it, and what it does. It reads the settings, then words,
// each a letter, until the node's end of the pipe is closed.
#include "hosts/terminal/keeper.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

#include "hosts/terminal/screen.h"
#include "io/spawn.h"

namespace theater::hosts::terminal {

namespace {

constexpr char kRaw = 'r', kLines = 'l', kDismissed = 'd';
constexpr std::string_view kAsked = "--keep-terminal";  // internal: no option of the command line
constexpr int kPipe = STDIN_FILENO, kTerminal = STDOUT_FILENO;

/// The settings were in the pipe before the keeper began.
bool read_settings(termios& settings) {
  struct stat about{};
  return ::fstat(kPipe, &about) == 0 && S_ISFIFO(about.st_mode) &&
         ::read(kPipe, &settings, sizeof settings) == sizeof settings;
}

/// In a session of its own: what is typed, and a shell that ends, do not reach it.
[[noreturn]] void keep(const termios& settings) {
  ::setsid();
  ::prctl(PR_SET_NAME, "terminal-keeper");
  char last = kLines;
  for (char word = 0;;) {
    const ssize_t got = ::read(kPipe, &word, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (word == kDismissed) ::_exit(0);
    last = word;
  }
  if (last == kRaw) {
    ::tcsetattr(kTerminal, TCSANOW, &settings);
    static_cast<void>(!::write(kTerminal, kScreenReset.data(), kScreenReset.size()));
  }
  ::_exit(0);
}

}  // namespace

std::optional<int> keep_if_asked(int argument_count, const char* const* arguments) {
  if (argument_count != 2 || arguments[1] != kAsked) return std::nullopt;
  termios settings{};
  if (!read_settings(settings)) return 1;
  for (const int number : {SIGHUP, SIGTTOU, SIGPIPE}) ::signal(number, SIG_IGN);
  const pid_t keeper = ::fork();  // nobody's child: nobody has to wait for its end
  if (keeper == 0) keep(settings);
  return keeper < 0 ? 1 : 0;
}

Result<std::unique_ptr<Keeper>> Keeper::start(const KeeperProgram& program, const Charge& charge) {
  if (program.path.empty()) return fail(Code::kUnsupported, "no program keeps the terminal");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(errno_error("make a pipe", errno));
  io::OwnedDescriptor reader(ends[0]), writer(ends[1]);
  if (::write(writer.get(), &charge.settings, sizeof charge.settings) < 0) {
    return std::unexpected(errno_error("write into a pipe", errno));
  }
  io::Command command{program.path, {"theater", std::string(kAsked)}, {}};
  for (const auto& [name, value] : program.environment) {
    command.variables.push_back(name + "=" + value);
  }
  io::Spawn process;
  process.give(reader.get(), kPipe);
  process.give(charge.terminal, kTerminal);
  process.give(charge.terminal, STDERR_FILENO);
  TRY(const pid_t id, process.start(std::move(command)));
  if (io::wait_for_exit(id) != 0) return fail(Code::kFull, "the terminal's keeper did not start");
  return std::unique_ptr<Keeper>(new Keeper(std::move(writer)));
}

void KeeperOrder::carry_out() {
  if (!terminal_.is_open()) {
    keeper_ = fail(Code::kFull, "no descriptor is left for the terminal's keeper");
  } else {
    keeper_ = Keeper::start(program_, {terminal_.get(), settings_});
  }
}

Keeper::~Keeper() { send(kDismissed); }

void Keeper::note_raw() { send(kRaw); }
void Keeper::note_lines() { send(kLines); }

void Keeper::send(char word) { static_cast<void>(!::write(pipe_.get(), &word, 1)); }

}  // namespace theater::hosts::terminal
