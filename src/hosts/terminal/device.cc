// Device: system calls on a terminal.
#include "hosts/terminal/device.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/result.h"
#include "hosts/terminal/screen.h"

namespace theater::hosts::terminal {

namespace {

/// The number of the terminal itself: /dev/tty has one of its own.
dev_t number_of(int terminal) {
  unsigned number = 0;
  if (::ioctl(terminal, TIOCGDEV, &number) == 0) return number;
  return 0;
}

/// A job in the background must not touch its terminal. Another terminal has no such job.
bool is_in_front(int terminal) {
  const pid_t front = ::tcgetpgrp(terminal);
  return front < 0 || front == ::getpgrp();
}

bool has_hung_up(int terminal) {
  pollfd asked{terminal, POLLIN, 0};
  return ::poll(&asked, 1, 0) > 0 && (asked.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

Result<std::unique_ptr<Device>> Device::open(const std::string& path) {
  const int opened = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (opened < 0) return std::unexpected(errno_error("open the terminal " + path, errno));
  std::unique_ptr<Device> device(new Device(io::OwnedDescriptor(opened)));
  if (::tcgetattr(opened, &device->settings_) != 0) {
    return fail(Code::kUnsupported, "{} is no terminal", path);
  }
  if (!is_in_front(opened)) {
    return fail(Code::kUnsupported, "{}: the node runs in the background", path);
  }
  device->number_ = number_of(opened);
  return device;
}

Device::~Device() {
  leave_raw();
  if (is_ordered_ && is_in_front(terminal_.get())) reset_screen();
}

void Device::reset_screen() {
  static_cast<void>(!::write(terminal_.get(), kScreenReset.data(), kScreenReset.size()));
  is_ordered_ = false;
}

KeeperOrder Device::order_keeper(const KeeperProgram& program) const {
  constexpr int kFirst = STDERR_FILENO + 1;  // the keeper's own come below
  return {io::OwnedDescriptor(::fcntl(terminal_.get(), F_DUPFD_CLOEXEC, kFirst)), settings_,
          program};
}

void Device::adopt(std::unique_ptr<Keeper> keeper) {
  keeper_ = std::move(keeper);
  if (is_raw_) make_raw();
}

void Device::enter_raw() {
  if (!std::exchange(is_raw_, true) && keeper_) make_raw();
}

void Device::make_raw() {
  termios raw = settings_;
  ::cfmakeraw(&raw);
  keeper_->note_raw();
  ::tcsetattr(terminal_.get(), TCSANOW, &raw);
}

void Device::leave_raw() {
  if (!std::exchange(is_raw_, false) || !keeper_) return;
  ::tcsetattr(terminal_.get(), TCSANOW, &settings_);
  reset_screen();
  keeper_->note_lines();
}

Size Device::size() const {
  winsize size{};
  if (::ioctl(terminal_.get(), TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_col, size.ws_row};
}

Result<std::optional<std::size_t>> Device::read(std::span<std::uint8_t> buffer) {
  const ssize_t got = ::read(terminal_.get(), buffer.data(), buffer.size());
  if (got > 0) return static_cast<std::size_t>(got);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (got == 0 && !has_hung_up(terminal_.get())) return std::size_t{0};
  return fail(Code::kClosed, "the terminal is gone");
}

Result<std::size_t> Device::write(ByteSpan bytes) {
  const ssize_t taken = ::write(terminal_.get(), bytes.data(), bytes.size());
  if (taken >= 0) {
    const auto written = static_cast<std::size_t>(taken);
    constexpr std::uint8_t kEscape = 0x1b;
    is_ordered_ |= std::ranges::find(bytes.first(written), kEscape) != bytes.first(written).end();
    return written;
  }
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return fail(Code::kClosed, "the terminal is gone");
}

}  // namespace theater::hosts::terminal
