// Model: what the guest (guest/ledger.cc) must make of its events, written down a second time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "chain/event.h"

namespace theater::sim {

/// The words of a message that matter: its command, and the first number after it.
struct Command {
  std::string word;
  std::uint64_t number = 0;
};

/// One actor's state as it should be. A value type.
class Model {
 public:
  /// Takes a socket event or a tick over into the state. kInvalid if the guest would not commit it.
  Status deliver_socket(ByteSpan event);
  Status deliver_tick(ByteSpan event);
  Status deliver_program(ByteSpan event);
  /// The state's bytes as the guest writes them.
  Bytes state() const;

 private:
  Status obey(const Command& command);
  std::uint64_t count_ = 0, sum_ = 0, ticks_ = 0, opened_ = 0, closed_ = 0;
  std::uint64_t heard_ = 0, exits_ = 0;
  std::string padding_;
};

/// The command in a socket event; nothing in those that are no message.
std::optional<Command> command_in(ByteSpan event);

/// Whether a batch with this command may end by a trap of this reason.
bool may_trap(const Command& command, chain::TrapReason reason);

}  // namespace theater::sim
