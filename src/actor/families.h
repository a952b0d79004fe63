// Families: an actor's family instances, and the live end of its guest's imports.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actor/host_port.h"
#include "actor/invocation.h"
#include "actor/manifest.h"
#include "actor/output_gate.h"
#include "actor/program.h"

namespace theater::actor {

/// The operations of every family of one actor, as one port.
class FamilyOperations final : public OperationPort {
 public:
  /// Families say which ports there are, in their order.
  void add(OperationPort& port) { ports_.push_back(&port); }

  std::optional<OperationStatus> status(OperationId id) const override;
  void pending(std::vector<OperationId>& ids) const override;
  Result<Bytes> collect(OperationId id, std::uint64_t offset,
                        std::uint64_t bytes_max) const override;
  void more(OperationId id, std::uint64_t credit) override;
  void cancel(OperationId id) override;
  void delivered(OperationId id) override;
  void begin_again(OperationId id) override;
  Status fold_record(const OperationPast& past) override;
  void fold_more(OperationId id, std::uint64_t credit) override;
  void fold_cancel(OperationId id) override;
  void fold_delivered(OperationId id) override;
  void list(std::vector<OperationView>& views) const override;

 private:
  std::vector<OperationPort*> ports_;  // ids are the actor's: at most one knows each
};

/// The position of the family that a grant names. kInvalid, with the names there are: there is
/// none.
Result<std::size_t> find_family(std::span<const FamilyInfo* const> infos, const Setting& grant);

/// Owned by its actor, on the actor's shard. Ends by stop() and an empty census (END-1).
class Families final : public Imports, private GateClient {
 public:
  Families(const FamilySet& set, OutputGate& gate);
  ~Families() override;

  /// Checks that every grant names a family and is well formed.
  static Status check_grants(const FamilySet& set, const Manifest& manifest);
  /// Makes an instance for each grant.
  Status create(const Manifest& manifest, ActorPort& port);
  /// Opens them for business, after the folds if there were any.
  Status recover();

  Result<CallOutcome> call(const ImportTarget& target, ByteSpan arguments,
                           const CallContext& context, Bytes& result) override;
  void request(const ImportTarget& target, ByteSpan arguments,
               const chain::Appended& request) override;
  /// Ends an invocation for the families it called. A committed one's effects wait at the gate
  /// for `lsn`; the batch is taken over and comes back empty.
  void settle(Settlement settlement, EffectBatch& effects, Lsn lsn);

  /// Tells a handler's family how its invocation ended; nothing if its handler has no answers.
  struct Handled {
    const ExportTarget& handler;
    const EventBatch& inputs;
    const chain::Appended& end;
  };
  /// Before settle.
  void handled(const Handled& handled, const EffectBatch& effects);
  /// Failed, and not to be repeated: an empty list of answers waits at the gate.
  void handled_in_vain(const Handled& handled);

  /// nullptr if the family is not granted.
  FamilyInstance* find(std::size_t family) const;
  EventSource* source(std::size_t family) const;
  OperationPort& operations() { return operations_; }
  const OperationPort& operations() const { return operations_; }
  bool has_parting_event(std::size_t family) const;
  /// Families may tell their peers, when stop() comes. From now on drained() is called after
  /// each batch of effects that has left.
  void expect_stop(EndReason reason);
  void stop(StopMode mode);
  Census census() const;
  void measure(std::vector<ActorFigures::Part>& parts) const;
  std::size_t list_requests(std::vector<RequestView>& views, std::size_t most) const;
  /// The record that `id` is done again stands at `lsn`: its work waits at the gate for that.
  void hold_again(OperationId id, Lsn lsn);
  /// Effects that wait for the disk.
  bool has_pending() const { return OutputGate::pending(*this) > 0; }
  void forget_pending();
  /// Calls ActorPort::drained() when nothing waits any more, once.
  void tell_when_released() { is_awaited_ = true; }
  bool is_awaited() const { return is_awaited_; }

  /// Gives the buffers back, unless effects wait in them, and has the families do so.
  void release_memory();

  /// One part for each family, by name.
  Bytes save() const;
  Status load(ByteSpan saved);

 private:
  /// A granted family. An actor has few of the many that there are.
  struct Member {
    std::size_t family = 0;
    std::unique_ptr<FamilyInstance> instance;
    bool is_called = false;  // since the last settle
  };
  /// Effects that wait at the gate, by token.
  struct Waiting {
    std::vector<std::unique_ptr<EffectBatch>> batches;
    std::vector<std::size_t> free;  // tokens not in use
  };
  Member* member(std::size_t family);
  void hold(EffectBatch& effects, Lsn lsn);
  void release(std::uint64_t token) override;

  const FamilySet& set_;
  OutputGate& gate_;
  ActorPort* port_ = nullptr;
  bool is_stopping_ = false, is_awaited_ = false;
  std::vector<Member> members_;       // in the order of the families
  std::unique_ptr<Waiting> waiting_;  // made when the first effect waits
  FamilyOperations operations_;
};

}  // namespace theater::actor
