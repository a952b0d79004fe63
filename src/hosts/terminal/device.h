// Device: the edge to one terminal.
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
#include "hosts/terminal/keeper.h"
#include "hosts/terminal/payload.h"
#include "io/owned_descriptor.h"

namespace theater::hosts::terminal {

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
  KeeperOrder order_keeper(const KeeperProgram& program) const;
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
  void reset_screen();

  io::OwnedDescriptor terminal_;
  termios settings_{};
  dev_t number_ = 0;
  bool is_raw_ = false;             // or is to be
  bool is_ordered_ = false;         // it was given more than text
  std::unique_ptr<Keeper> keeper_;  // null: not yet
};

}  // namespace theater::hosts::terminal
