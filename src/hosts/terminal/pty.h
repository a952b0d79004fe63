// Pty: for tests, the person's end of a terminal.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include "base/check.h"
#include "io/owned_descriptor.h"

namespace theater::hosts::terminal {

class Pty {
 public:
  Pty() : person_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    CHECK(person_.is_open() && ::grantpt(person_.get()) == 0 && ::unlockpt(person_.get()) == 0,
          "the system has pseudo terminals");
    std::array<char, 64> name{};
    CHECK(::ptsname_r(person_.get(), name.data(), name.size()) == 0, "it has a name");
    path_ = name.data();
    other_ = io::OwnedDescriptor(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    resize(80, 24);
  }
  const std::string& path() const { return path_; }
  void type(std::string_view keys) {
    CHECK(::write(person_.get(), keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()),
          "the terminal takes what is typed");
  }
  void resize(std::uint16_t columns, std::uint16_t rows) {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(person_.get(), TIOCSWINSZ, &size);
  }
  /// What is on the screen and was not looked at yet; waits for it a little.
  std::string look(int patience_ms = 100) {
    std::string seen;
    pollfd asked{person_.get(), POLLIN, 0};
    while (::poll(&asked, 1, patience_ms) > 0 && (asked.revents & POLLIN) != 0) {
      std::array<char, 4096> buffer;
      const ssize_t got = ::read(person_.get(), buffer.data(), buffer.size());
      if (got <= 0) break;
      seen.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return seen;
  }
  bool is_raw() const {
    termios now{};
    ::tcgetattr(person_.get(), &now);
    return (now.c_lflag & ICANON) == 0;
  }
  void hang_up() {
    other_.reset();
    person_.reset();
  }

 private:
  io::OwnedDescriptor person_;
  io::OwnedDescriptor other_;  // held open, so that it stays as it is set
  std::string path_;
};

}  // namespace theater::hosts::terminal
