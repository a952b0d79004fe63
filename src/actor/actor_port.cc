// Actor::Core as others see it while it runs: what families and the node have it record or do.
#include "actor/actor_core.h"
#include "actor/note.h"
#include "base/probe.h"
#include "wasm/binary_writer.h"

namespace theater::actor {

void Actor::Core::record_overflow(const Overflow& overflow) {
  if (is_ended()) return;
  EventDraft draft;
  draft.kind = chain::Kind::kOverflow;
  draft.body = chain::OverflowBody{std::string(overflow.queue), overflow.policy, overflow.items,
                                   overflow.bytes};
  const auto appended = journal_.append(draft);
  if (appended) return;
  // The family is in the middle of something, with what a fault would destroy.
  trouble().unrecorded = appended.error();
  wake();
}

std::optional<EventOrigin> Actor::Core::record_operation(const OperationNote& note) {
  if (is_ended()) return std::nullopt;
  PayloadDraft payload;
  EventDraft draft;
  draft.kind = chain::Kind::kOperation;
  draft.name = note.family->handler_name;
  draft.body = chain::OperationBody{note.id, note.phase, note.attempt};
  const Salt salt = shard_.salts().next();
  if (note.event) {
    const ExportTarget* const handler = program().find_export(note.family->handler_name);
    payload = {*note.event, handler ? handler->input_hint : hint_of(*note.family->event_type)};
    draft.payloads = {&payload, 1};
    draft.salt = &salt;
  }
  shard_.gather();
  const auto appended = journal_.append(draft);
  if (!appended) {
    fault(appended.error());
    return std::nullopt;
  }
  if (note.phase == chain::OperationPhase::kReissued) families_.hold_again(note.id, appended->lsn);
  PROBE("actor: an operation was recorded");
  return EventOrigin{
      note.id, salt, {identity_.id, appended->seq, appended->leaf, {}}, appended->lsn};
}

void Actor::Core::answer_wait(std::uint64_t ticket, ByteSpan result) {
  if (is_ended() || !is_invoking()) return;
  Invocation& invocation = work_->invocation;
  if (!invocation.request() || invocation.request()->value != ticket) return;
  shard_.gather();
  const Status answered = invocation.answer(result);
  if (!answered) {
    fault(answered.error());
    return;
  }
  shard_.run_queue().add(*this);
}

void Actor::Core::stop_requested(ByteSpan output) {
  static_cast<void>(output);  // recorded with the commit that asked for the stop
  stop(EndReason::kStop);
}

std::optional<ChainHead> Actor::Core::durable_head() const {
  const chain::ActorChain::Head& head = journal_.chain().head();
  if (head.next == Seq{} || journal_.last() > shard_.ports().log.durable()) return {};
  return ChainHead{{head.next.value - 1}, head.last};
}

Status Actor::Core::record_lifecycle(chain::LifecycleStep step, std::uint64_t code,
                                     std::string_view note) {
  Bytes text;
  wasm::BinaryWriter(text).string(cut_note(note));
  const PayloadDraft payloads[] = {{text, hint_of(wasm::Kind::kString)}};
  EventDraft draft;
  draft.kind = chain::Kind::kLifecycle;
  draft.body = chain::LifecycleBody{step, code};
  if (!note.empty()) draft.payloads = payloads;
  TRY_OK(journal_.append(draft));
  return {};
}

}  // namespace theater::actor
