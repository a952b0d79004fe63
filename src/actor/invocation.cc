// Invocation: recv, the guest's call and its host calls, commit or trap.
#include "actor/invocation.h"

#include "actor/folding.h"
#include "actor/limits.h"
#include "actor/note.h"
#include "base/check.h"
#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"

namespace theater::actor {
namespace {

const chain::TypeHint& text_hint() {
  static const chain::TypeHint hint = hint_of(wasm::Kind::kString);
  return hint;
}

chain::TrapReason reason_of(wasm::TrapKind kind) {
  switch (kind) {
    case wasm::TrapKind::kFuel:
      return chain::TrapReason::kFuel;
    case wasm::TrapKind::kDeadline:
      return chain::TrapReason::kDeadline;
    case wasm::TrapKind::kMemoryLimit:
      return chain::TrapReason::kLimit;
    default:
      return chain::TrapReason::kTrap;
  }
}

}  // namespace

Status Invocation::begin(wasm::Instance& instance, const Delivery& delivery) {
  CHECK(!is_active_, "SEQ-1");
  TRY(const chain::Appended receive, record_receive(delivery));
  instance_ = &instance;
  delivery_ = delivery;
  is_active_ = true;
  effects_.clear();
  run_ = {.asked = delivery.asked};
  end_ = {.receive = receive.seq, .asked_once = delivery.asked > 0};
  gather_arguments();
  instance.start(delivery.target->export_index, pieces_);
  return {};
}

Result<chain::Appended> Invocation::record_receive(const Delivery& delivery) {
  const EventBatch& events = *delivery.inputs;
  inputs_.clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    inputs_.push_back({events[i], delivery.target->input_hint, events.origin(i)});
  }
  EventDraft draft;
  draft.kind = chain::Kind::kReceive;
  draft.name = delivery.target->name;
  draft.inputs = inputs_;
  if (delivery.first) draft.body = chain::RepeatBody{*delivery.first};
  return parts_.journal.append(draft);
}

/// The export's arguments in `pieces_`: the state, but for init; then the events, as a list if they
/// are a handler's.
void Invocation::gather_arguments() {
  const ExportRole role = delivery_.target->role;
  const EventBatch& events = *delivery_.inputs;
  pieces_.clear();
  if (role != ExportRole::kInit) {
    const ByteSpan state = parts_.state.bytes();
    state_head_.clear();
    wasm::BinaryWriter(state_head_).unsigned_number(state.size());
    pieces_.push_back(state_head_);
    pieces_.push_back(state);
  }
  if (role == ExportRole::kHandler) {
    list_head_.clear();
    wasm::BinaryWriter(list_head_).unsigned_number(events.size());
    pieces_.push_back(list_head_);
  }
  pieces_.push_back(events.all());
}

Result<Invocation::Progress> Invocation::poll() {
  CHECK(is_active_, "SEQ-1");
  if (!run_.is_done) {
    const wasm::CallState state = instance_->poll();
    if (run_.broken) {
      is_active_ = false;
      return std::unexpected(*run_.broken);
    }
    if (state == wasm::CallState::kYielded) return Progress::kYielded;
    if (state == wasm::CallState::kSuspended) return Progress::kSuspended;
    run_.is_done = true;
  }
  const bool is_owed_room = run_.unrecorded && run_.unrecorded != Code::kNoSpace;
  if (is_owed_room && parts_.journal.must_rest()) return Progress::kYielded;
  TRY_OK(finish());
  return Progress::kEnded;
}

/// For so many more effects, of so many bytes together.
bool Invocation::has_room(std::size_t effects, std::size_t bytes) const {
  return effects_.items.size() + effects <= kEffectsMax &&
         effects_.buffer.size() + bytes <= kEffectBytesMax;
}

std::string Invocation::over_limit_text() {
  return fmt::format("more than {} calls, {} effects or {} bytes of effects in one invocation",
                     kCallsMax, kEffectsMax, kEffectBytesMax);
}

wasm::ImportOutcome Invocation::call_import(std::size_t import, ByteSpan arguments, Bytes& result) {
  if (!is_active_) {
    append(result, as_bytes("host functions cannot be called while the component starts"));
    return wasm::ImportOutcome::kTrap;
  }
  const ImportTarget& target = parts_.program.target(import);
  const bool may_emit = target.call->emits != Emits::kNever;
  if (run_.ordinal == kCallsMax || (may_emit && !has_room(1, arguments.size()))) {
    run_.over_limit = over_limit_text();
    return wasm::ImportOutcome::kTrap;
  }
  const Result<CallOutcome> outcome = ask(target, arguments, result);
  if (!outcome) return break_off(outcome.error(), result);
  switch (*outcome) {
    case CallOutcome::kReturn:
      return finish_call(target, arguments, result);
    case CallOutcome::kSuspend:
      return suspend(target, arguments, result);
    case CallOutcome::kTrap:
      return record_call(target, {chain::Kind::kHostCall, arguments, wasm::ImportOutcome::kTrap},
                         result);
    case CallOutcome::kDenied:
      break;
  }
  const auto denied = record_call(target, {chain::Kind::kDenied, arguments}, result);
  ++run_.ordinal;
  return denied;
}

/// A call that waits and was made by an earlier run is not made twice: what became of it, nobody
/// knows.
Result<CallOutcome> Invocation::ask(const ImportTarget& target, ByteSpan arguments, Bytes& result) {
  CallContext context{end_.receive, run_.ordinal, next_id_};
  auto outcome = parts_.imports.call(target, arguments, context, result);
  const bool suspends = outcome && *outcome == CallOutcome::kSuspend;
  if (!suspends || run_.asked == 0 || target.call->asking == Asking::kAgain) return outcome;
  --run_.asked;
  context.was_asked = true;
  return parts_.imports.call(target, arguments, context, result);
}

wasm::ImportOutcome Invocation::finish_call(const ImportTarget& target, ByteSpan arguments,
                                            Bytes& result) {
  const CallInfo& call = *target.call;
  auto answered = wasm::ImportOutcome::kReturn;
  if (!is_plain(call, result, next_id_)) {
    const auto outcome = record_call(target, {chain::Kind::kHostCall, arguments}, result);
    if (outcome == wasm::ImportOutcome::kTrap) return outcome;
    answered = outcome;
  }
  if (emits(call, result)) {
    effects_.add(target, target_id(call, arguments, next_id_), arguments);
  }
  if (mints(call, result, next_id_)) ++next_id_;
  ++run_.ordinal;
  return answered;
}

/// Records a call that does not fold. Without a result it ended in a trap, whose message stands in
/// the trap record. One call may make a million of them: when much waits for the disk it gives way,
/// and the run queue serves nobody until less does. That rest is not the guest's time.
wasm::ImportOutcome Invocation::record_call(const ImportTarget& target, const CallRecord& call,
                                            Bytes& result) {
  const PayloadDraft payloads[] = {{call.arguments, target.arguments_hint},
                                   {result, target.result_hint}};
  EventDraft draft;
  draft.kind = call.kind;
  draft.invocation = end_.receive;
  draft.name = target.name;
  draft.payloads = std::span(payloads, call.outcome == wasm::ImportOutcome::kTrap ? 1 : 2);
  draft.body = chain::OrdinalBody{run_.ordinal};
  const auto appended = parts_.journal.append(draft);
  if (!appended) return not_recorded(appended.error(), result);
  const bool rests = call.outcome == wasm::ImportOutcome::kReturn && parts_.journal.must_rest();
  return rests ? wasm::ImportOutcome::kYield : call.outcome;
}

wasm::ImportOutcome Invocation::suspend(const ImportTarget& target, ByteSpan arguments,
                                        Bytes& result) {
  const PayloadDraft payloads[] = {{arguments, target.arguments_hint}};
  EventDraft draft;
  draft.kind = chain::Kind::kHostRequest;
  draft.invocation = end_.receive;
  draft.name = target.name;
  draft.payloads = payloads;
  draft.body = chain::OrdinalBody{run_.ordinal};
  const Result<chain::Appended> appended = parts_.journal.append(draft);
  if (!appended) return not_recorded(appended.error(), result);
  run_.request = appended->seq;
  run_.request_target = &target;
  request_arguments_.assign(arguments.begin(), arguments.end());
  end_.asked_once = end_.asked_once || target.call->asking == Asking::kOnce;
  ++run_.ordinal;
  parts_.imports.request(target, arguments, *appended);
  return wasm::ImportOutcome::kSuspend;
}

Status Invocation::answer(ByteSpan result) {
  CHECK(run_.request.has_value(), "SEQ-1");
  const PayloadDraft payloads[] = {{result, run_.request_target->result_hint}};
  EventDraft draft;
  draft.kind = chain::Kind::kHostResponse;
  draft.invocation = end_.receive;
  draft.payloads = payloads;
  draft.body = chain::RequestBody{*run_.request};
  TRY_OK(parts_.journal.append(draft));
  run_.request.reset();
  request_arguments_.clear();
  instance_->resume(result);
  return {};
}

wasm::ImportOutcome Invocation::break_off(const Error& error, Bytes& result) {
  run_.broken = error;
  result = to_bytes(as_bytes(error.message));
  return wasm::ImportOutcome::kTrap;
}

/// A full queue ends the call, not the actor. The trap waits until it has room. So does a log that
/// is used up. On a full disk the trap has the reserve.
wasm::ImportOutcome Invocation::not_recorded(const Error& error, Bytes& result) {
  switch (error.code) {
    case Code::kFull:
      run_.over_limit = kLogFullText;
      break;
    case Code::kQuota:
      run_.over_limit = kLogSpentText;
      break;
    case Code::kNoSpace:
      run_.over_limit = kNoRoomText;
      break;
    default:
      return break_off(error, result);
  }
  run_.unrecorded = error.code;
  return wasm::ImportOutcome::kTrap;
}

Status Invocation::finish() {
  std::expected<Bytes, wasm::Trap> result = instance_->take_result();
  if (!result) {
    if (run_.unrecorded == Code::kNoSpace && !end_.asked_once) {
      return finish_trap(chain::TrapReason::kInterrupted, kNoRoomText);
    }
    if (run_.over_limit) return finish_trap(chain::TrapReason::kLimit, *run_.over_limit);
    return finish_trap(reason_of(result.error().kind), result.error().message);
  }
  const Status ended = finish_with(*result);
  instance_->give_back(*std::move(result));
  return ended;
}

Status Invocation::finish_with(ByteSpan result) {
  wasm::BinaryReader reader(result);
  if (reader.truth()) return finish_trap(chain::TrapReason::kError, reader.string());
  const ByteSpan state = reader.bytes();
  CHECK(reader.ok(), "the engine answers canonical values");
  const ByteSpan rest = result.subspan(reader.offset());
  if (state.size() > parts_.state_max) {
    return finish_trap(chain::TrapReason::kLimit,
                       fmt::format("the new state is {} bytes, limits.state_max is {}",
                                   state.size(), parts_.state_max));
  }
  const std::size_t answers = delivery_.target->answers ? 1 : 0;
  if (!has_room(answers, rest.size()))
    return finish_trap(chain::TrapReason::kLimit, over_limit_text());
  return finish_ok(state, rest);
}

Status Invocation::finish_ok(ByteSpan state, ByteSpan rest) {
  TRY(const auto change, parts_.state.update(state, parts_.journal.state_salt()));
  if (const auto& answers = delivery_.target->answers) {
    effects_.add(*answers, 0, rest);
    rest = {};
  }
  const PayloadDraft payloads[] = {{rest, chain::TypeHint{}}};
  draft_outputs();
  EventDraft draft;
  draft.kind = chain::Kind::kCommit;
  draft.invocation = end_.receive;
  if (!rest.empty()) draft.payloads = payloads;
  draft.outputs = outputs_;
  if (change) {
    draft.delta = ByteSpan(change->delta);
    end_.delta_bytes = change->delta.size();
  }
  draft.state_root = parts_.state.root();
  draft.outcome = 0;
  draft.fuel = fuel();
  is_active_ = false;
  TRY(end_.appended, parts_.journal.append(draft));
  parts_.state.forget_change();
  end_.is_commit = true;
  effects_.seq = end_.appended.seq;
  return {};
}

Status Invocation::finish_trap(chain::TrapReason reason, std::string_view text) {
  end_.reason = reason;
  end_.instance_is_dead = reason != chain::TrapReason::kError;
  end_.text = cut_note(text);
  text_.clear();
  wasm::BinaryWriter(text_).string(end_.text);
  const PayloadDraft payloads[] = {{text_, text_hint()}};
  draft_outputs();
  EventDraft draft;
  draft.kind = chain::Kind::kTrap;
  draft.invocation = end_.receive;
  draft.payloads = payloads;
  draft.outputs = outputs_;
  draft.state_root = parts_.state.root();
  draft.outcome = reason == chain::TrapReason::kError ? 1 : 2;
  draft.fuel = fuel();
  draft.body = chain::TrapBody{reason};
  is_active_ = false;
  TRY(end_.appended, parts_.journal.append(draft));
  return {};
}

Status Invocation::interrupt(std::string_view why) {
  CHECK(is_active_, "SEQ-1");
  return finish_trap(chain::TrapReason::kInterrupted, why);
}

Status Invocation::close_unfinished(Seq receive) {
  CHECK(!is_active_, "SEQ-1");
  end_ = {};
  end_.receive = receive;
  effects_.clear();
  return finish_trap(chain::TrapReason::kInterrupted, "the node ended during the invocation");
}

void Invocation::draft_outputs() {
  outputs_.clear();
  for (const EffectBatch::Item& item : effects_.items) {
    outputs_.push_back({item.target->call->output_class,
                        item.id,
                        {effects_.payload(item), item.target->output_hint}});
  }
}

std::optional<std::uint64_t> Invocation::fuel() const {
  return end_.instance_is_dead ? std::nullopt : instance_->fuel_used();
}

}  // namespace theater::actor
