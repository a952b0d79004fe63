// Device: the edge to one terminal, and the keeper that puts it back whatever becomes of the node.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "hosts/terminal/payload.h"
#include "io/owned_descriptor.h"

namespace theater::hosts::terminal {

/// A process of its own, which waits for the end of this one. If the terminal was not put back by
/// then (kill -9, a crash), it does that. Ends with this object.
class Keeper {
 public:
  /// Starts it for an open terminal with these settings. Forks: not for a busy moment.
  static Result<std::unique_ptr<Keeper>> start(int terminal, const termios& settings);
  /// Dismisses it.
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// From now on there is something to put back, or nothing any more.
  void note_raw();
  void note_lines();

 private:
  explicit Keeper(io::OwnedDescriptor pipe) : pipe_(std::move(pipe)) {}
  void send(char word);

  io::OwnedDescriptor pipe_;
};

/// An open terminal; given back as it was found when this ends. Never blocks.
class Device {
 public:
  /// kNotFound: no such device; kUnsupported: it is no terminal, or another job is in front of it.
  static Result<std::unique_ptr<Device>> open(const std::string& path);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  int descriptor() const { return terminal_.get(); }
  /// Which terminal it is, by whatever name it was opened.
  dev_t number() const { return number_; }
  void enter_raw();
  /// Its settings as they were found; attributes and cursor of the screen as terminals begin.
  void leave_raw();
  Size size() const;

  /// nullopt: nothing is there now. Empty: the end of input was typed. kClosed: it is gone.
  Result<std::optional<std::size_t>> read(std::span<std::uint8_t> buffer);
  /// How much it took, perhaps nothing. kClosed: it is gone.
  Result<std::size_t> write(ByteSpan bytes);

 private:
  explicit Device(io::OwnedDescriptor terminal) : terminal_(std::move(terminal)) {}

  io::OwnedDescriptor terminal_;
  termios settings_{};
  dev_t number_ = 0;
  bool is_raw_ = false;
  std::unique_ptr<Keeper> keeper_;
};

}  // namespace theater::hosts::terminal
