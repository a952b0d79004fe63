// HistoryFold: event by event.
#include "actor/restore.h"

#include <algorithm>

#include "base/probe.h"
#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"

namespace theater::actor {
namespace {

constexpr std::uint8_t kPartVersion = 1;

/// The operation whose last event an input is: it refers to an op record of its own chain, and the
/// event begins with the id.
std::optional<EventOrigin> origin_of(const store::StoredEvent& event, std::size_t index) {
  const auto& reference = event.record.inputs[index].reference;
  if (!reference || reference->actor != event.record.link.actor) return std::nullopt;
  const store::StoredEvent::Stored& stored = event.inputs[index];
  const OperationId id{wasm::BinaryReader(stored.bytes).unsigned_number(UINT64_MAX)};
  return EventOrigin{id, stored.salt, *reference, stored.lsn};
}

/// Whether a recorded request must not be made twice. So it is of a family that is gone.
bool is_asked_once(const Program& program, std::string_view name) {
  const auto call = find_call(program.families(), name);
  return !call || call->call->asking == Asking::kOnce;
}

}  // namespace

Bytes save_actor_part(const Remembered& remembered, const Families& families) {
  Bytes out;
  wasm::BinaryWriter writer(out);
  writer.byte(kPartVersion);
  writer.unsigned_number(remembered.next_id);
  writer.byte(remembered.is_initialized ? 1 : 0);
  append(out, remembered.state_component.span());
  append(out, families.save());
  return out;
}

Status HistoryFold::load(ByteSpan actor_part) {
  wasm::BinaryReader reader(actor_part);
  if (reader.byte() != kPartVersion) reader.refuse("unknown version of the actor's part");
  restored_.next_id = reader.unsigned_number(UINT64_MAX);
  restored_.is_initialized = reader.truth();
  const ByteSpan digest = reader.raw(Digest::size());
  if (!reader.ok()) return fail_in(reader.finish().error(), "snapshot");
  restored_.state_component = component_ = Digest::from(digest);
  return families_.load(actor_part.subspan(reader.offset()));
}

Status HistoryFold::add(const store::StoredEvent& event) {
  switch (event.record.kind) {
    case chain::Kind::kGenesis:
    case chain::Kind::kUpgrade:
      component_ = std::get<chain::GenesisBody>(event.record.body).component;
      return {};
    case chain::Kind::kReceive:
      return add_receive(event);
    case chain::Kind::kHostRequest:
      if (open_ && is_asked_once(program_, event.record.name)) ++open_->asked;
      return {};
    case chain::Kind::kOperation:
      return add_operation(event);
    case chain::Kind::kCommit:
      return add_commit(event);
    case chain::Kind::kTrap:
      return add_trap(event);
    case chain::Kind::kLifecycle:
      restored_.stopped_cleanly =
          std::get<chain::LifecycleBody>(event.record.body).what == chain::LifecycleStep::kStop;
      return {};
    default:
      return {};
  }
}

Status HistoryFold::add_receive(const store::StoredEvent& event) {
  const chain::Record& record = event.record;
  Open open;
  open.seq = open.first = record.link.seq;
  open.name = record.name;
  for (const auto& input : event.inputs) {
    if (!input.present) return fail(Code::kCorrupt, "an input of event {} is gone", open.seq.value);
    const auto index = static_cast<std::size_t>(&input - event.inputs.data());
    const std::optional<EventOrigin> origin = origin_of(event, index);
    open.inputs.add(input.bytes, origin ? &*origin : nullptr);
    if (origin) families_.operations().fold_delivered(origin->operation);
  }
  const ExportTarget* target = program_.find_export(record.name);
  if (const auto* repeat = std::get_if<chain::RepeatBody>(&record.body)) {
    PROBE("restore: a delivery was a repeated one");
    open.first = repeat->first;
    if (!restored_.parcels.empty()) {
      open.asked = restored_.parcels.front().asked;
      restored_.parcels.pop_front();
    }
  } else if (target != nullptr && target->role == ExportRole::kHandler) {
    // What is owed goes first, always: an earlier build did not count this as owed.
    restored_.parcels.clear();
    if (FamilyInstance* family = families_.find(target->family)) {
      for (const auto& input : event.inputs) TRY_OK(family->fold_event(input.bytes));
    }
  }
  open_ = std::move(open);
  return {};
}

Status HistoryFold::add_operation(const store::StoredEvent& event) {
  const auto& body = std::get<chain::OperationBody>(event.record.body);
  OperationPast past{body, {}, {}};
  if (!event.payloads.empty()) {
    const store::StoredEvent::Stored& stored = event.payloads[0];
    const chain::Link& link = event.record.link;
    past.event = stored.bytes;
    past.origin = {body.id, stored.salt, {link.actor, link.seq, event.leaf, {}}, stored.lsn};
  }
  return families_.operations().fold_record(past);
}

Status HistoryFold::add_outputs(const store::StoredEvent& event, Settlement settlement) {
  const WallTime time{Microseconds(event.record.link.time_us)};
  for (std::size_t i = 0; i < event.outputs.size(); ++i) {
    if (!event.outputs[i].present) continue;
    const auto* id = std::get_if<std::uint64_t>(&event.record.outputs[i].target);
    const auto call = parse_output(program_.families(), event.outputs[i].bytes);
    if (id == nullptr || !call) continue;  // of a family that this build no longer has
    if (call->call->plain == PlainResult::kMintedId) {
      restored_.next_id = std::max(restored_.next_id, *id + 1);
    }
    FamilyInstance* family = families_.find(call->family);
    if (settlement == Settlement::kDiscarded || family == nullptr) continue;
    TRY_OK(family->fold_effect({call->function, call->arguments, *id, event.record.link.seq, 0},
                               time));
  }
  return {};
}

Status HistoryFold::add_commit(const store::StoredEvent& event) {
  TRY_OK(add_outputs(event, Settlement::kCommitted));
  restored_.state_component = component_;
  restored_.is_initialized = true;  // nothing else is committed before init
  open_.reset();
  return {};
}

Status HistoryFold::add_trap(const store::StoredEvent& event) {
  TRY_OK(add_outputs(event, Settlement::kDiscarded));
  if (!open_) return {};
  const auto reason = std::get<chain::TrapBody>(event.record.body).reason;
  const ExportTarget* target = program_.find_export(open_->name);
  const bool is_handler = target != nullptr && target->role == ExportRole::kHandler;
  if (is_handler && reason == chain::TrapReason::kInterrupted) {
    PROBE("restore: an interrupted delivery was not repeated yet");
    owe(*target);
  } else if (is_handler && open_->asked == 0 && open_->inputs.size() > 1) {
    put_back_split(restored_.parcels, {target, std::move(open_->inputs), {}, 0}, open_->first);
  }
  open_.reset();
  return {};
}

/// The inputs of the open invocation are to be delivered again, before anything else.
void HistoryFold::owe(const ExportTarget& target) {
  restored_.parcels.push_front({&target, std::move(open_->inputs), open_->first, open_->asked});
}

Result<Restored> HistoryFold::finish() {
  if (open_) {
    const ExportTarget* target = program_.find_export(open_->name);
    if (target == nullptr) {
      return fail(Code::kUnsupported,
                  "event {} of {} was interrupted, but the component no longer exports it",
                  open_->seq.value, open_->name);
    }
    restored_.unfinished = open_->seq;
    if (target->role == ExportRole::kHandler) owe(*target);
  }
  return std::move(restored_);
}

Result<std::uint64_t> saved_next_id(ByteSpan actor_part) {
  wasm::BinaryReader reader(actor_part);
  if (reader.byte() != kPartVersion) reader.refuse("unknown version of the actor's part");
  const std::uint64_t next_id = reader.unsigned_number(UINT64_MAX);
  if (!reader.ok()) return fail_in(reader.finish().error(), "snapshot");
  return next_id;
}

}  // namespace theater::actor
