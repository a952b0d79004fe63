// Watches: one timer, which looks at what is due.
#include "hosts/operation/watches.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "hosts/operation/limits.h"

namespace theater::hosts::operation {

Watches::~Watches() { CHECK(!timer_, "END-1"); }

/// Nothing: it has ended.
std::optional<actor::OperationStatus> Watches::status_of(OperationId id) const {
  const auto status = ports_.actor.operations()->status(id);
  const bool goes_on = status && status->phase <= actor::OperationPhase::kRunning;
  return goes_on ? status : std::nullopt;
}

void Watches::fold(OperationId id, Nanoseconds every) {
  if (every == Nanoseconds(0)) {
    watches_.erase(id);
    std::erase(waiting_, id);
  } else {
    watches_[id].every = every;
  }
}

void Watches::set(OperationId id, Nanoseconds every) {
  fold(id, every);
  const auto found = watches_.find(id);
  if (found != watches_.end()) found->second.due = ports_.clock.now() + every;
  rearm();
}

void Watches::recover() {
  std::erase_if(watches_, [this](const auto& one) { return !status_of(one.first); });
  for (auto& [id, watch] : watches_) watch.due = ports_.clock.now() + watch.every;
  rearm();
}

void Watches::stop() {
  watches_.clear();
  waiting_.clear();
  rearm();
}

void Watches::look() {
  const MonotonicTime now = ports_.clock.now();
  const bool was_quiet = waiting_.empty();
  for (auto place = watches_.begin(); place != watches_.end();) {
    auto& [id, watch] = *place;
    if (watch.is_waiting || watch.due > now) {
      ++place;
      continue;
    }
    const auto status = status_of(id);
    if (!status) {
      place = watches_.erase(place);
      continue;
    }
    watch.due = now + watch.every;
    watch.is_waiting = watch.told != Payload{status->bytes, status->total};
    if (watch.is_waiting) waiting_.push_back(id);
    ++place;
  }
  rearm();
  if (was_quiet && !waiting_.empty()) ports_.actor.events_ready();
}

void Watches::take(actor::EventBatch& batch) {
  while (!waiting_.empty()) {
    const OperationId id = waiting_.front();
    const auto found = watches_.find(id);
    const auto status = status_of(id);
    if (!status) {
      watches_.erase(found);
      waiting_.pop_front();
      continue;
    }
    const Payload payload{status->bytes, status->total};
    const Bytes event = wasm::to_binary(host::Event<Payload>{id.value, payload});
    if (!batch.accepts(event.size())) break;
    batch.add(event);
    waiting_.pop_front();
    ++told_;
    found->second.is_waiting = false;
    found->second.told = payload;
    found->second.due = ports_.clock.now() + found->second.every;
  }
  rearm();
}

void Watches::rearm() {
  std::optional<MonotonicTime> next;
  for (const auto& [id, watch] : watches_) {
    if (!watch.is_waiting && (!next || watch.due < *next)) next = watch.due;
  }
  if (timer_ && next == timer_due_) return;
  if (timer_) ports_.executor.cancel(*std::exchange(timer_, std::nullopt));
  if (!next) return;
  timer_due_ = *next;
  timer_ = ports_.executor.after(*next - ports_.clock.now(), [this] {
    timer_.reset();
    look();
  });
}

void Watches::save(wasm::BinaryWriter& writer) const {
  if (watches_.empty()) return;
  writer.unsigned_number(watches_.size());
  for (const auto& [id, watch] : watches_) {
    writer.unsigned_number(id.value);
    writer.unsigned_number(static_cast<std::uint64_t>(watch.every.count()));
  }
}

void Watches::load(wasm::BinaryReader& reader) {
  if (reader.remaining() == 0) return;  // none; so all snapshots of before
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    const OperationId id{reader.unsigned_number(UINT64_MAX)};
    const auto every = static_cast<std::int64_t>(reader.unsigned_number(INT64_MAX));
    if (every == 0) reader.refuse("a watch that never looks");
    watches_[id].every = Nanoseconds(every);
  }
}

}  // namespace theater::hosts::operation
