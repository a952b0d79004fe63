// Shelf: a family with the contract of filesystem whose files are the simulation's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "host/binding.h"
#include "host/waiting.h"
#include "sim/chance.h"
#include "sim/ticker.h"

namespace theater::sim {

/// One actor's. A read takes a while, in which the actor waits: too long sometimes, and sometimes
/// the actor ends or the power goes meanwhile.
class Shelf final : public host::WaitingInstance<Shelf> {
 public:
  struct Setup {
    const host::Binding<Shelf>& binding;
    Ticker& ticker;
    Chance& chance;
  };
  Shelf(const Setup& setup, const host::Context& context);
  ~Shelf() override;
  /// Only `read-wait`: the ledger asks for nothing else of this interface.
  static host::Binding<Shelf> bind();

  host::Wait<host::Data> check_read(std::string_view path, std::uint64_t offset,
                                    std::uint32_t most);
  void read(host::Ticket& ticket, std::string_view path, std::uint64_t offset, std::uint32_t most);

  void settle(actor::Settlement) override {}
  actor::EventSource* events() override { return nullptr; }
  Bytes save() const override { return {}; }
  Status load(ByteSpan) override { return {}; }
  Status fold_event(ByteSpan) override { return {}; }
  Status recover() override { return {}; }
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;

 private:
  void on_wait_over(std::uint64_t ticket) override;

  Ticker& ticker_;
  Chance& chance_;
  io::Executor& executor_;
  actor::ActorPort& actor_;
  std::optional<io::TimerId> timer_;  // of the read under way
};

}  // namespace theater::sim
