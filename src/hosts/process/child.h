// Child: one running program, between its pipes and the actor's events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "actor/host_port.h"
#include "host/family.h"
#include "hosts/process/limits.h"
#include "hosts/process/machine.h"
#include "hosts/process/payload.h"
#include "hosts/process/spawn.h"
#include "io/descriptors.h"
#include "io/lifeline.h"
#include "io/workers.h"

namespace theater::hosts::process {

/// What a child tells. Called from tasks of the shard.
class ChildUser {
 public:
  /// An event with `bytes` of output; false: hold it, Child::resume comes.
  virtual bool tell_output(OperationId id, ByteSpan event, std::size_t bytes) = 0;
  virtual void tell_end(OperationId id, const Exit& exit) = 0;
  /// The program has read so much of what waited.
  virtual void on_input_written(OperationId id, std::size_t bytes) = 0;

 protected:
  ~ChildUser() = default;
};

/// One program of one actor, on its shard. A worker starts it. What it writes is read only as far
/// as the actor has credit and room; what it is to read waits here, bounded by its user. Its
/// process group is killed when it has exited, and when it is aborted. Ends by abort(), or with
/// tell_end.
class Child final : private io::DescriptorUser {
 public:
  Child(OperationId id, const host::Services& services, ChildUser& user);
  ~Child();

  void start(Program program);
  void write(ByteSpan bytes);
  /// Closes its input behind what waits.
  void close_input();
  /// To the whole group; nothing once it has exited.
  void signal(int number);
  /// The actor has credit or room again.
  void resume();
  void abort();

  ChildState state() const { return machine_.state(); }
  std::size_t input_bytes() const { return input_.size(); }
  void count(actor::Census& census) const;

 private:
  /// One of its outputs.
  struct Output {
    io::OwnedDescriptor pipe;
    Bytes held;  // read, and not told yet
    enum class Name : std::uint8_t { kStdout, kStderr } name = Name::kStdout;
    bool is_watched = false;
  };
  void on_ready(int descriptor, io::Readiness ready) override;
  void apply(ChildInput input);
  void act(ChildAction action);
  void watch();
  void fail(const Error& why);
  void watch_output(Output& output);
  void read(Output& output);
  bool tell(Output& output);
  void write_input();
  void check_drained();
  void take_exit();
  void unwatch(int descriptor);
  void close();

  const OperationId id_;
  const host::Services services_;
  ChildUser& user_;
  host::Machine<kChildTable> machine_{ChildState::kStarting};
  std::shared_ptr<std::optional<Result<Spawned>>> spawned_;  // from the worker to the shard
  io::OwnedDescriptor handle_, input_pipe_;
  pid_t process_ = 0;
  Output outputs_[2];
  Bytes input_;
  bool is_input_ended_ = false;
  std::optional<Exit> exit_;
  io::Lifeline lifeline_;
};

}  // namespace theater::hosts::process
