// Programs: a family with the contract of process whose programs are the simulation's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "host/operating.h"
#include "sim/chance.h"
#include "sim/ticker.h"
#include "sim/watched.h"

namespace theater::sim {

/// One actor's programs. Each is an operation: it says a few lines, as the actor gives credit, and
/// exits after a while. What a crash does to it follows from its name (programs.cc).
class Programs final : public host::OperatingInstance<Programs> {
 public:
  struct Setup {
    const host::Binding<Programs>& binding;
    const Watch& watch;
    Ticker& ticker;
    Chance& chance;
  };
  Programs(const Setup& setup, const host::Context& context);
  ~Programs() override;
  /// Only `spawn`: the ledger asks for nothing else of this interface.
  static host::Binding<Programs> bind();

  using Arguments = std::vector<std::string>;
  host::Planned check_spawn(std::string_view program, const Arguments& arguments,
                            std::string_view directory);
  void begin(host::Work& work, std::string_view program, const Arguments& arguments,
             std::string_view directory);

  actor::Census census() const override;

 private:
  struct Running {
    std::uint64_t lines = 0;           // still to be said
    std::optional<io::TimerId> timer;  // nothing: it waits for credit or room
  };

  // BookUser.
  void abort(OperationId id) override;
  Bytes write_end(OperationId id, const host::GuestError& why) override;
  void on_credit(OperationId id) override;

  void go_on(OperationId id);
  void step(OperationId id);

  const Watch watch_;
  Ticker& ticker_;
  Chance& chance_;
  io::Executor& executor_;
  std::map<OperationId, Running> running_;
};

}  // namespace theater::sim
