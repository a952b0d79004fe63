// Keeper: the process that puts a terminal back whatever becomes of the node.
#pragma once

#include <termios.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "io/environment.h"
#include "io/owned_descriptor.h"

namespace theater::hosts::terminal {

/// What runs as a keeper: a program that calls keep_if_asked() first of all.
struct KeeperProgram {
  std::string path;  // "" = there is none
  io::Environment environment;
};

/// For main(), before anything else: if this process was started as a keeper, keeps the terminal
/// and answers with the exit status. Nothing: it is to go on as usual.
std::optional<int> keep_if_asked(int argument_count, const char* const* arguments);

/// A process of its own, which waits for the end of this one. If the terminal was not put back by
/// then (kill -9, a crash), it does that. Ends with this object.
class Keeper {
 public:
  struct Charge {
    int terminal;  // open, above standard error; borrowed
    termios settings;
  };
  /// Waits until it is there, some tens of milliseconds: not on a shard.
  static Result<std::unique_ptr<Keeper>> start(const KeeperProgram& program, const Charge& charge);
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
  KeeperOrder(io::OwnedDescriptor terminal, const termios& settings, KeeperProgram program)
      : terminal_(std::move(terminal)), settings_(settings), program_(std::move(program)) {}
  void carry_out();
  Result<std::unique_ptr<Keeper>> take_keeper() { return std::move(keeper_); }

 private:
  io::OwnedDescriptor terminal_;
  termios settings_;
  KeeperProgram program_;
  Result<std::unique_ptr<Keeper>> keeper_;
};

}  // namespace theater::hosts::terminal
