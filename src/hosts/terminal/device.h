// Device: the edge to one terminal, and the keeper that puts it back whatever becomes of the node.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "hosts/terminal/payload.h"
#include "io/owned_descriptor.h"

namespace theater::hosts::terminal {

/// A process of its own, which waits for the end of this one. If the terminal was not put back by
/// then (kill -9, a crash), it does that. Ends with this object.
class Keeper {
 public:
  /// Starts it for an open terminal with these settings. Forks, which takes tens of milliseconds
  /// in a large node: not on a shard.
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

/// What starts a terminal's keeper, with a descriptor of its own: on any thread, once.
class KeeperOrder {
 public:
  KeeperOrder(io::OwnedDescriptor terminal, const termios& settings)
      : terminal_(std::move(terminal)), settings_(settings) {}
  void carry_out();
  Result<std::unique_ptr<Keeper>> take_keeper() { return std::move(keeper_); }

 private:
  io::OwnedDescriptor terminal_;
  termios settings_;
  Result<std::unique_ptr<Keeper>> keeper_;
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
  KeeperOrder order_keeper() const;
  void adopt(std::unique_ptr<Keeper> keeper);
  /// Once it has a keeper. Until then it is unsettled: what is shown now would be shown otherwise.
  void enter_raw();
  bool is_settled() const { return keeper_ != nullptr || !is_raw_; }
  /// Its settings as they were found; attributes and cursor of the screen as terminals begin.
  void leave_raw();
  Size size() const;

  /// nullopt: nothing is there now. Empty: the end of input was typed. kClosed: it is gone.
  Result<std::optional<std::size_t>> read(std::span<std::uint8_t> buffer);
  /// How much it took, perhaps nothing. kClosed: it is gone.
  Result<std::size_t> write(ByteSpan bytes);

 private:
  explicit Device(io::OwnedDescriptor terminal) : terminal_(std::move(terminal)) {}
  void make_raw();

  io::OwnedDescriptor terminal_;
  termios settings_{};
  dev_t number_ = 0;
  bool is_raw_ = false;             // or is to be
  std::unique_ptr<Keeper> keeper_;  // null: not yet
};

}  // namespace theater::hosts::terminal
