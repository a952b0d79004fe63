// terminal::Instance: one actor's terminal.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "host/event_queue.h"
#include "host/family.h"
#include "hosts/terminal/device.h"
#include "hosts/terminal/grant.h"
#include "hosts/terminal/machine.h"
#include "hosts/terminal/owners.h"
#include "io/lifeline.h"

namespace theater::hosts::terminal {

/// What an instance has from its family.
struct InstanceSetup {
  const host::Binding<class Instance>& binding;
  Owners& owners;
  const KeeperProgram& keeper;
  Grant grant;
};

/// One actor's, on its shard. Holds the open terminal, its keeper and one timer, from recover() to
/// its end.
class Instance final : public host::BoundInstance<Instance>,
                       private host::QueueUser,
                       private io::DescriptorUser {
 public:
  Instance(InstanceSetup setup, const host::Context& context);
  /// CHECKs that it was stopped.
  ~Instance() override;

  // Host functions, and what they do once it is durable.
  host::Outcome write(ByteSpan data);
  void perform_write(ByteSpan data);
  host::Outcome set_raw(bool raw);
  void perform_set_raw(bool raw);
  Size size();

  void settle(actor::Settlement settlement) override;
  actor::EventSource* events() override { return &queue_; }
  Bytes save() const override { return {}; }
  Status load(ByteSpan) override;
  Status fold_event(ByteSpan event) override;
  Status recover() override;
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;

 private:
  using About = Payload::Case;

  // QueueUser.
  void on_taken(std::uint64_t source, std::size_t bytes) override;
  void on_resumed() override { watch(); }
  void write_gap(std::uint64_t, Bytes&) override {}
  // DescriptorUser.
  void on_ready(int descriptor, io::Readiness ready) override;

  void start_keeper();
  void on_keeper(Result<std::unique_ptr<Keeper>> keeper);
  void apply(Input input);
  void read_keys();
  void show();
  void watch();
  void tell(About about, const Bytes& event);
  void look_at_size();
  void give_back();
  void drained_if_closed();

  InstanceSetup setup_;
  const host::Services services_;
  actor::ActorPort& actor_;
  host::EventQueue queue_;
  host::Machine<kTable> machine_{State::kLines};
  std::unique_ptr<Device> device_;
  Bytes out_;                                    // to be shown
  std::size_t unsettled_ = 0;                    // bytes written by the invocation under way
  std::size_t committed_ = 0;                    // and by those that are not durable yet
  std::array<bool, kPromises + 1> is_queued_{};  // by About: one event each at most
  Size size_{};                                  // as last told
  std::optional<io::TimerId> timer_;             // looks at the size, or ends the parting
  bool has_past_ = false, is_draining_ = false;
  std::uint64_t typed_ = 0, shown_ = 0, refused_ = 0;
  io::Lifeline lifeline_;
};

}  // namespace theater::hosts::terminal
