// RecordedRun: one recorded invocation as the two ports of its repetition: the journal it is
// compared with, the imports it is answered from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actor/invocation.h"
#include "actor/journal.h"
#include "base/result.h"
#include "replay/event_types.h"
#include "replay/replay.h"
#include "store/actor_history.h"
#include "wasm/trap.h"

namespace theater::replay {

/// What a trap of reason limit says if no repetition can reach it (chain.md 2).
inline constexpr std::string_view kUnrepeatableLimits[] = {
    actor::kLogFullText, actor::kLogSpentText, actor::kNoRoomText, wasm::kMemoriesTogetherText};

/// Holds the events from a recv to its commit or trap, and walks along them while the invocation is
/// run again. Reused. One thread. `types` outlives it.
class RecordedRun final : public actor::Journal, public actor::Imports {
 public:
  explicit RecordedRun(const EventTypes& types) : types_(types) {}

  /// Begins a new run; the events come by add, the recv first.
  void clear() { size_ = cursor_ = 0; }
  /// With the record's bytes (store::Resolve::kEverything).
  void add(const store::StoredEvent& event);
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const store::StoredEvent& front() const { return events_[0]; }
  const store::StoredEvent& back() const { return events_[size_ - 1]; }
  const store::StoredEvent& operator[](std::size_t index) const { return events_[index]; }

  /// Whether the run ended in a way that no repetition can reach: deadline, interruption or one of
  /// kUnrepeatableLimits.
  bool is_skipped() const;
  /// The recorded answer to the pending host-req; it is passed.
  Result<ByteSpan> take_response();

  // Journal: compares. After a difference every call fails and divergence() tells it.
  Result<chain::Appended> append(const actor::EventDraft& draft) override;
  Salt state_salt() override;
  // Imports: answers from the record.
  Result<actor::CallOutcome> call(const actor::ImportTarget& target, ByteSpan arguments,
                                  const actor::CallContext& context, Bytes& result) override;
  void request(const actor::ImportTarget& target, ByteSpan arguments,
               const chain::Appended& request) override;

  const std::optional<Divergence>& divergence() const { return divergence_; }
  /// Notes a difference that shows outside append: the recorded event is the next one.
  Error diverge(std::string_view reason, std::string_view recomputed);

 private:
  const store::StoredEvent* peek();
  Error diverge_from(const store::StoredEvent& event, const chain::RecordDraft& draft,
                     const actor::EventDraft& source);

  const EventTypes& types_;
  std::vector<store::StoredEvent> events_;  // the first size_ are this run's
  std::size_t size_ = 0, cursor_ = 0;
  actor::RecordBuilder builder_;
  Bytes record_;
  std::optional<Divergence> divergence_;
};

}  // namespace theater::replay
