// Keeper: what runs in the other process calls nothing but the system.
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/result.h"
#include "hosts/terminal/device.h"
#include "hosts/terminal/screen.h"

namespace theater::hosts::terminal {

namespace {

constexpr char kRaw = 'r', kLines = 'l', kDismissed = 'd';

/// Keeps the two descriptors and nothing else that the node holds open.
void close_others(int one, int other) {
  const auto low = static_cast<unsigned>(std::min(one, other));
  const auto high = static_cast<unsigned>(std::max(one, other));
  if (low > 0) ::close_range(0, low - 1, 0);
  if (high > low + 1) ::close_range(low + 1, high - 1, 0);
  ::close_range(high + 1, ~0U, 0);
}

/// In a session of its own: what is typed, and a shell that ends, do not reach it.
[[noreturn]] void keep(int pipe, int terminal, const termios& settings) {
  ::setsid();
  for (const int number : {SIGHUP, SIGTTOU, SIGPIPE}) ::signal(number, SIG_IGN);
  close_others(pipe, terminal);
  char last = kLines;
  for (char word = 0;;) {
    const ssize_t got = ::read(pipe, &word, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (word == kDismissed) ::_exit(0);
    last = word;
  }
  if (last == kRaw) {
    ::tcsetattr(terminal, TCSANOW, &settings);
    static_cast<void>(!::write(terminal, kScreenReset.data(), kScreenReset.size()));
  }
  ::_exit(0);
}

}  // namespace

Result<std::unique_ptr<Keeper>> Keeper::start(int terminal, const termios& settings) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(errno_error("make a pipe", errno));
  io::OwnedDescriptor reader(ends[0]), writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(errno_error("start the terminal's keeper", errno));
  if (child == 0) {
    const pid_t keeper = ::fork();  // nobody's child: nobody has to wait for its end
    if (keeper == 0) keep(reader.get(), terminal, settings);
    ::_exit(keeper < 0 ? 1 : 0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) return fail(Code::kFull, "the terminal's keeper did not start");
  return std::unique_ptr<Keeper>(new Keeper(std::move(writer)));
}

void KeeperOrder::carry_out() {
  if (!terminal_.is_open()) {
    keeper_ = fail(Code::kFull, "no descriptor is left for the terminal's keeper");
  } else {
    keeper_ = Keeper::start(terminal_.get(), settings_);
  }
}

Keeper::~Keeper() { send(kDismissed); }

void Keeper::note_raw() { send(kRaw); }
void Keeper::note_lines() { send(kLines); }

void Keeper::send(char word) { static_cast<void>(!::write(pipe_.get(), &word, 1)); }

}  // namespace theater::hosts::terminal
