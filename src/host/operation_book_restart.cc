// OperationBook across restarts: what a snapshot keeps, what the history adds, what is then done.
#include <algorithm>

#include "base/check.h"
#include "base/probe.h"
#include "host/operation_book.h"
#include "wasm/binary_writer.h"

namespace theater::host {

namespace {

std::uint64_t nanoseconds_of(WallTime time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.since_epoch.count(), 0));
}

Attempt attempt_of(CrashRule rule) {
  switch (rule) {
    case CrashRule::kReattach:
      return Attempt::kReattach;
    case CrashRule::kReissue:
      return Attempt::kReissue;
    case CrashRule::kLookup:
      return Attempt::kLookup;
    case CrashRule::kInterrupt:
      break;
  }
  return Attempt::kFirst;
}

}  // namespace

// History.

void OperationBook::fold_start(const actor::Effect& effect, WallTime time) {
  Entry entry{.function = effect.function,
              .arguments = std::make_shared<const Bytes>(to_bytes(effect.arguments)),
              .seq = effect.seq,
              .since = time};
  entries_.insert_or_assign(OperationId{effect.id}, std::move(entry));
}

Status OperationBook::fold_record(const actor::OperationPast& past) {
  Entry* entry = find(past.body.id);
  if (entry == nullptr) return {};  // another family's
  actor::OperationPhase phase = actor::OperationPhase::kDone;
  switch (past.body.phase) {
    case chain::OperationPhase::kReissued:
      entry->number = past.body.attempt;
      return {};
    case chain::OperationPhase::kProgress:
      return {};
    case chain::OperationPhase::kDone:
      break;
    case chain::OperationPhase::kFailed:
      phase = actor::OperationPhase::kFailed;
      break;
    case chain::OperationPhase::kCancelled:
      phase = actor::OperationPhase::kCancelled;
      break;
    case chain::OperationPhase::kInterrupted:
      phase = actor::OperationPhase::kInterrupted;
      break;
  }
  entry->end(Last{phase, to_bytes(past.event), past.origin});
  return {};
}

void OperationBook::fold_more(OperationId id, std::uint64_t credit) {
  Entry* entry = find(id);
  if (entry != nullptr) entry->credit = std::min(entry->credit + credit, kCreditMax);
}

void OperationBook::fold_cancel(OperationId id) {
  Entry* entry = find(id);
  if (entry != nullptr) entry->is_cancelled = true;
}

void OperationBook::fold_delivered(OperationId id) { entries_.erase(id); }

// Recovery.

void OperationBook::recover() {
  count_arguments();
  std::vector<OperationId> ids;
  pending(ids);
  for (const OperationId id : ids) restore(id);
  rearm();
}

void OperationBook::restore(OperationId id) {
  Entry* entry = find(id);
  if (entry == nullptr) return;  // the actor failed at one before it
  queue_.reserve_again();
  if (entry->last) {
    PROBE("operation: its recorded end is delivered after a restart");
    end_bytes_ += entry->last->event.size();
    queue_.put_reserved(id.value | kOperationSource, entry->last->event, &entry->last->origin);
    return;
  }
  const Planned planned = user_.plan({entry->function, *entry->arguments});
  entry->plan = planned.value_or(Plan{});
  entry->credit = std::min(entry->credit + entry->plan.credit, kCreditMax);
  if (entry->is_cancelled) {
    PROBE("operation: cancelled before a crash");
    end(id, OperationEnd::kCancelled);
    return;
  }
  const CrashRule rule = entry->plan.crash;
  if (entry->plan.time_max && rule != CrashRule::kInterrupt) {
    const Nanoseconds rest = entry->since + *entry->plan.time_max - ports_.clock.wall();
    entry->deadline = ports_.clock.now() + std::max(rest, Nanoseconds(0));
    if (rest <= Nanoseconds(0)) {
      end(id, OperationEnd::kDeadline);
      return;
    }
  }
  entry->attempt = attempt_of(rule);
  if (rule == CrashRule::kReissue) ++entry->number;
  operations_.restore(id, entry->deadline, rule);
}

// Snapshots.

void OperationBook::save(wasm::BinaryWriter& writer) const {
  writer.unsigned_number(entries_.size());
  for (const auto& [id, entry] : entries_) {
    writer.unsigned_number(id.value);
    writer.string(ports_.family.calls[entry.function].name);
    writer.bytes(*entry.arguments);
    writer.unsigned_number(entry.seq.value);
    writer.unsigned_number(nanoseconds_of(entry.since));
    writer.unsigned_number(entry.number);
    writer.byte(entry.is_cancelled ? 1 : 0);
    writer.byte(entry.last ? 1 : 0);
    if (!entry.last) continue;
    writer.byte(static_cast<std::uint8_t>(entry.last->phase));
    writer.bytes(entry.last->event);
    const actor::EventOrigin& origin = entry.last->origin;
    writer.bytes(origin.salt.span());
    writer.unsigned_number(origin.reference.seq.value);
    writer.bytes(origin.reference.leaf.span());
    writer.unsigned_number(origin.lsn.value);
  }
}

Status OperationBook::load(wasm::BinaryReader& reader) {
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    TRY_OK(load_entry(reader));
  }
  return {};
}

Status OperationBook::load_entry(wasm::BinaryReader& reader) {
  const OperationId id{reader.unsigned_number(UINT64_MAX)};
  const std::string_view name = reader.string();
  Entry entry;
  entry.arguments = std::make_shared<const Bytes>(to_bytes(reader.bytes()));
  entry.seq = {reader.unsigned_number(UINT64_MAX)};
  entry.since = {Nanoseconds(static_cast<std::int64_t>(reader.unsigned_number(INT64_MAX)))};
  entry.number = reader.unsigned_number(UINT64_MAX);
  entry.is_cancelled = reader.truth();
  if (reader.truth()) {
    Last last;
    const std::uint8_t phase = reader.byte();
    if (phase > static_cast<std::uint8_t>(actor::OperationPhase::kInterrupted)) {
      reader.refuse("an unknown phase");
    }
    last.phase = static_cast<actor::OperationPhase>(phase);
    last.event = to_bytes(reader.bytes());
    const ByteSpan salt = reader.bytes();
    last.origin.operation = id;
    last.origin.reference.actor = ports_.actor.identity().id;
    last.origin.reference.seq = {reader.unsigned_number(UINT64_MAX)};
    const ByteSpan leaf = reader.bytes();
    last.origin.lsn = {reader.unsigned_number(UINT64_MAX)};
    if (salt.size() != Salt::size() || leaf.size() != Digest::size()) {
      reader.refuse("an event's origin of another size");
      return {};
    }
    last.origin.salt = Salt::from(salt);
    last.origin.reference.leaf = Digest::from(leaf);
    entry.last = std::move(last);
  }
  if (!reader.ok()) return {};
  const auto& calls = ports_.family.calls;
  const auto call = std::ranges::find(
      calls, name, [](const actor::CallInfo& info) { return std::string_view(info.name); });
  if (call == calls.end()) {
    return fail(Code::kUnsupported, "operation {} was started by {}, which {} does not have",
                id.value, name, ports_.family.interface_name);
  }
  entry.function = static_cast<std::size_t>(call - calls.begin());
  entries_.insert_or_assign(id, std::move(entry));
  return {};
}

}  // namespace theater::host
