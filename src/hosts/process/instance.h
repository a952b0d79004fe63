// process::Instance: programs that one actor runs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/operating.h"
#include "hosts/process/child.h"
#include "hosts/process/grant.h"

namespace theater::hosts::process {

/// One actor's, on its shard. Each program is an operation. Holds its pipes and a pidfd. Programs
/// of an earlier life are ended before the first one starts.
class Instance final : public host::OperatingInstance<Instance>, private ChildUser {
 public:
  Instance(const host::Binding<Instance>& binding, const Grant& grant,
           const host::Context& context);

  using Arguments = std::vector<std::string>;
  using Input = std::optional<Bytes>;

  // Host functions, and what they do once it is durable.
  host::Planned check_spawn(std::string_view program, const Arguments& arguments,
                            std::string_view directory);
  void begin(host::Work& work, std::string_view program, const Arguments& arguments,
             std::string_view directory);
  host::Outcome check_write(std::uint64_t op, const Input& data);
  void write(std::uint64_t op, const Input& data);
  host::Outcome check_signal(std::uint64_t op, std::uint8_t number);
  void signal(std::uint64_t op, std::uint8_t number);

  void settle(actor::Settlement settlement) override;
  Status load(ByteSpan saved) override;
  Status fold_event(ByteSpan event) override;
  Status recover() override;
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;

 private:
  struct Held {
    OperationId id;
    Program program;
  };
  /// Input for a program that has not begun.
  struct Early {
    Bytes bytes;
    bool is_ended = false;
  };
  using Children = std::map<OperationId, std::unique_ptr<Child>>;

  // BookUser.
  void abort(OperationId id) override;
  Bytes write_end(OperationId id, const host::GuestError& why) override;
  void on_credit(OperationId id) override;
  // ChildUser.
  bool tell_output(OperationId id, ByteSpan event, std::size_t bytes) override;
  void tell_end(OperationId id, const Exit& exit) override;
  void on_input_written(OperationId id, std::size_t bytes) override;

  bool is_live(OperationId id);
  void start(OperationId id, Program program);
  void forget_input(OperationId id, std::size_t bytes);
  void retire(Children::iterator child);
  void swept(std::size_t ended);

  const host::Services services_;
  const Grant grant_;
  const std::string mark_, life_;  // the actor, and this life of it
  Children children_;
  std::vector<std::unique_ptr<Child>> retired_;  // ended within a call of their own
  std::vector<Held> held_;                       // until the sweep is over
  std::map<OperationId, Early> early_;
  std::map<OperationId, std::size_t> waiting_;  // bytes of input that were accepted
  std::vector<std::pair<OperationId, std::size_t>> unsettled_;
  bool has_past_ = false;  // an earlier life may have left programs
  bool is_swept_ = false;
  struct {
    std::uint64_t started = 0, output = 0, swept = 0, denied = 0;
  } counters_;
  io::Lifeline lifeline_;
};

}  // namespace theater::hosts::process
