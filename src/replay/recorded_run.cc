// RecordedRun: comparing and answering.
#include "replay/recorded_run.h"

#include <algorithm>
#include <iterator>

#include "actor/folding.h"
#include "base/check.h"
#include "chain/chunk_tree.h"
#include "chain/codec.h"
#include "chain/hash.h"
#include "replay/event_text.h"
#include "wasm/binary_reader.h"

namespace theater::replay {
namespace {

/// Events that no guest made: they stand inside a run by chance.
bool is_bookkeeping(chain::Kind kind) {
  return kind == chain::Kind::kOverflow || kind == chain::Kind::kOperation ||
         kind == chain::Kind::kLifecycle || kind == chain::Kind::kSend;
}

/// The salts of an event's stored bytes, in the order of its attachments.
class RecordedSalts {
 public:
  explicit RecordedSalts(const store::StoredEvent& event)
      : lists_{&event.inputs, &event.payloads, &event.outputs} {}
  Salt operator()() {
    while (list_ < 3 && index_ == lists_[list_]->size()) {
      ++list_;
      index_ = 0;
    }
    return list_ < 3 ? (*lists_[list_])[index_++].salt : Salt{};
  }

 private:
  const std::vector<store::StoredEvent::Stored>* lists_[3];
  std::size_t list_ = 0, index_ = 0;
};

store::StoredEvent::Stored stored(const actor::PayloadDraft& payload) {
  return {true, to_bytes(payload.bytes), {}, {}};
}

/// What would have been recorded, with the bytes beside it.
store::StoredEvent to_event(const chain::Link& link, const chain::RecordDraft& draft,
                            const actor::EventDraft& source) {
  store::StoredEvent event;
  chain::Record& record = event.record;
  record.link = link;
  record.kind = draft.kind;
  record.invocation = draft.invocation;
  record.inputs.assign(draft.inputs.begin(), draft.inputs.end());
  record.name = draft.name;
  record.payloads.assign(draft.payloads.begin(), draft.payloads.end());
  record.state_root = draft.state_root;
  record.outcome = draft.outcome;
  record.fuel = draft.fuel;
  record.body = draft.body;
  record.outputs.assign(draft.outputs.begin(), draft.outputs.end());
  for (const auto& input : source.inputs) event.inputs.push_back(stored(input));
  for (const auto& payload : source.payloads) event.payloads.push_back(stored(payload));
  for (const auto& output : source.outputs) event.outputs.push_back(stored(output.payload));
  if (source.delta) event.delta = to_bytes(*source.delta);
  return event;
}

/// What the line of a field begins with.
std::string_view field_of(std::string_view line) { return line.substr(0, line.find(':')); }

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// The first field in which the two texts differ, as a sentence.
std::string first_difference(std::string_view recorded, std::string_view recomputed) {
  while (!recorded.empty() || !recomputed.empty()) {
    const std::string_view one = next_line(recorded), other = next_line(recomputed);
    if (one == other) continue;
    if (field_of(one) == field_of(other)) return fmt::format("the {} differs", field_of(one));
    if (other.empty()) return fmt::format("the {} was recorded, not recomputed", field_of(one));
    if (one.empty()) return fmt::format("the {} was recomputed, not recorded", field_of(other));
    return fmt::format("recorded is the {}, recomputed the {}", field_of(one), field_of(other));
  }
  return "the bytes differ";
}

}  // namespace

void RecordedRun::add(const store::StoredEvent& event) {
  if (events_.size() == size_) events_.emplace_back();
  events_[size_++] = event;
}

const store::StoredEvent* RecordedRun::peek() {
  while (cursor_ < size_ && is_bookkeeping(events_[cursor_].record.kind)) ++cursor_;
  return cursor_ < size_ ? &events_[cursor_] : nullptr;
}

bool RecordedRun::is_skipped() const {
  const auto* trap = std::get_if<chain::TrapBody>(&back().record.body);
  if (trap == nullptr) return false;
  if (trap->reason != chain::TrapReason::kLimit) {
    return trap->reason == chain::TrapReason::kDeadline ||
           trap->reason == chain::TrapReason::kInterrupted;
  }
  const auto& payloads = back().payloads;
  if (payloads.empty()) return false;
  const std::string_view text = wasm::BinaryReader(payloads[0].bytes).string();
  return std::ranges::find(kUnrepeatableLimits, text) != std::end(kUnrepeatableLimits);
}

Result<chain::Appended> RecordedRun::append(const actor::EventDraft& draft) {
  if (divergence_) return fail(Code::kConflict, "diverged");
  const store::StoredEvent* event = peek();
  if (event == nullptr) {
    return std::unexpected(diverge("the run goes on after its recorded end", ""));
  }
  RecordedSalts salts(*event);
  const chain::RecordDraft& record = builder_.build(draft, salts);
  const auto pages = chain::make_pages(record);
  if (!pages) return std::unexpected(diverge_from(*event, record, draft));
  record_.resize(chain::kRecordBytesMax);
  const auto length = chain::encode_record(event->record.link, record, *pages, record_);
  if (!length || !equal(ByteSpan(record_).first(*length), event->encoded)) {
    return std::unexpected(diverge_from(*event, record, draft));
  }
  ++cursor_;
  return chain::Appended{event->record.link.seq, event->leaf, event->lsn};
}

Salt RecordedRun::state_salt() {
  const store::StoredEvent* event = peek();
  if (event == nullptr || !event->delta) return {};
  const auto delta = chain::decode_delta(*event->delta);
  return delta ? delta->salt : Salt{};
}

Result<actor::CallOutcome> RecordedRun::call(const actor::ImportTarget& target, ByteSpan arguments,
                                             const actor::CallContext& context, Bytes& result) {
  const store::StoredEvent* event = peek();
  const auto* ordinal =
      event == nullptr ? nullptr : std::get_if<chain::OrdinalBody>(&event->record.body);
  if (ordinal == nullptr || ordinal->ordinal != context.ordinal) {
    if (actor::make_plain(*target.call, context.next_id, result)) {
      return actor::CallOutcome::kReturn;
    }
    return std::unexpected(diverge(
        fmt::format("the guest calls {}, which the recorded run did not", target.name),
        fmt::format("kind: host-call\nfunction: {}\nwhat: call {}\narguments: {}", target.name,
                    context.ordinal, arguments_text(arguments, target.call->type))));
  }
  if (event->record.kind == chain::Kind::kHostRequest) return actor::CallOutcome::kSuspend;
  if (event->payloads.size() == 1) {  // it ended in a trap; the message stands at the end
    if (!back().payloads.empty()) {
      theater::append(result, as_bytes(wasm::BinaryReader(back().payloads[0].bytes).string()));
    }
    return actor::CallOutcome::kTrap;
  }
  if (event->payloads.size() == 2) theater::append(result, event->payloads[1].bytes);
  return event->record.kind == chain::Kind::kDenied ? actor::CallOutcome::kDenied
                                                    : actor::CallOutcome::kReturn;
}

void RecordedRun::request(const actor::ImportTarget&, ByteSpan, const chain::Appended&) {}

Result<ByteSpan> RecordedRun::take_response() {
  const store::StoredEvent* event = peek();
  if (event == nullptr || event->record.kind != chain::Kind::kHostResponse ||
      event->payloads.size() != 1) {
    return std::unexpected(diverge("the guest waits, the recorded run did not", ""));
  }
  return ByteSpan(event->payloads[0].bytes);
}

Error RecordedRun::diverge(std::string_view reason, std::string_view recomputed) {
  const store::StoredEvent* event = peek();
  const store::StoredEvent& recorded = event != nullptr ? *event : back();
  divergence_ = Divergence{recorded.record.link.seq, recorded.record.kind, std::string(reason),
                           event_text(recorded, types_), std::string(recomputed)};
  return {Code::kConflict, divergence_->reason};
}

Error RecordedRun::diverge_from(const store::StoredEvent& event, const chain::RecordDraft& draft,
                                const actor::EventDraft& source) {
  store::StoredEvent made = to_event(event.record.link, draft, source);
  if (const auto record = chain::encode_record(event.record.link, draft)) {
    made.leaf = chain::leaf_hash(*record);
  }
  divergence_ = Divergence{event.record.link.seq, event.record.kind, "", event_text(event, types_),
                           event_text(made, types_)};
  divergence_->reason = first_difference(divergence_->recorded, divergence_->recomputed);
  return {Code::kConflict, divergence_->reason};
}

}  // namespace theater::replay
