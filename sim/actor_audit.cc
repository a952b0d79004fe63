// ActorAudit: event by event, then life by life.
#include "sim/actor_audit.h"

#include <algorithm>

#include "hosts/websocket/payload.h"
#include "wasm/binary_reader.h"

namespace theater::sim {
namespace {

using hosts::websocket::Payload;

/// Whether two events of one actor may be equal: what a connection's state makes may come again.
bool may_recur(ByteSpan socket_event) {
  const auto event = wasm::from_binary<host::Event<Payload>>(socket_event);
  if (!event) return false;
  const std::size_t which = event->payload.value.index();
  return which == Payload::kCongested || which == Payload::kDrained || which == Payload::kGap;
}

/// `part` is the beginning of `whole`, or all of it.
template <typename List, typename Same>
Status compare_lists(const List& part, const List& whole, std::string_view what, Same same) {
  if (part.size() > whole.size()) {
    return fail(Code::kInternal, "{}: {} where at most {} are expected", what, part.size(),
                whole.size());
  }
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (!same(part[i], whole[i])) {
      return fail(Code::kInternal, "{}: number {} of {} differs", what, i, part.size());
    }
  }
  return {};
}

bool same_effect(const Performed& one, const Performed& other) {
  return one.name == other.name && one.seq == other.seq && one.arguments == other.arguments;
}

}  // namespace

ActorAudit::LifeRecord& ActorAudit::life_of(Seq seq) {
  std::size_t life = 0;
  while (life + 1 < witness_.lives.size() && witness_.lives[life + 1].begin <= seq) ++life;
  if (lives_.size() <= life) lives_.resize(life + 1);
  return lives_[life];
}

/// What its chain tells of one life.
const ActorAudit::LifeRecord& ActorAudit::told_of(std::size_t life) const {
  static const LifeRecord kNothing;
  return life < lives_.size() ? lives_[life] : kNothing;
}

Status ActorAudit::add(const store::StoredEvent& event) {
  const chain::Record& record = event.record;
  if (record.link.seq != next_ || record.link.previous != last_leaf_) {
    return fail(Code::kInternal, "CHAIN-4: seq {} stands where {} is expected",
                record.link.seq.value, next_.value);
  }
  next_ = next_.next();
  last_leaf_ = event.leaf;
  if (record.invocation && (!is_open_ || *record.invocation != receive_)) {
    return fail(Code::kInternal, "SEQ-1: event {} belongs to no open invocation",
                record.link.seq.value);
  }
  switch (record.kind) {
    case chain::Kind::kReceive:
      return add_receive(event);
    case chain::Kind::kCommit:
      return add_commit(event);
    case chain::Kind::kTrap:
      return add_trap(event);
    case chain::Kind::kHostRequest:
      add_request(event);
      return {};
    default:
      return {};
  }
}

Status ActorAudit::add_receive(const store::StoredEvent& event) {
  if (is_open_) return fail(Code::kInternal, "SEQ-1: a recv before the end of the one before");
  is_open_ = true;
  receive_ = event.record.link.seq;
  handler_ = event.record.name;
  inputs_.clear();
  for (const auto& input : event.inputs) inputs_.push_back(input.bytes);
  if (is_init()) return {};
  if (!is_initialized_) return fail(Code::kInternal, "an event was delivered before init");
  const bool is_repeated = std::holds_alternative<chain::RepeatBody>(event.record.body);
  LifeRecord& life = life_of(receive_);
  for (const Bytes& input : inputs_) {
    if (is_repeated) {
      TRY_OK(take_owed(input));
      continue;
    }
    TRY_OK(note_first(input));
    life.events.push_back(input);
    if (is_sockets()) life.socket_events.push_back(input);
  }
  return {};
}

Status ActorAudit::take_owed(const Bytes& input) {
  const auto owed = owed_.find(input);
  if (owed == owed_.end()) {
    return fail(Code::kInternal, "event {} repeats an input that was settled", receive_.value);
  }
  if (--owed->second == 0) owed_.erase(owed);
  return {};
}

Status ActorAudit::note_first(const Bytes& input) {
  if (is_timer()) TRY_OK(timers_.tick(input));
  if (is_programs()) TRY_OK(programs_.hear(input));
  if (is_sockets() && may_recur(input)) return {};
  if (seen_.insert(input).second) return {};
  return fail(Code::kInternal, "event {} delivers an input for the second time", receive_.value);
}

Status ActorAudit::add_commit(const store::StoredEvent& event) {
  is_open_ = false;
  if (is_init()) {
    is_initialized_ = true;
    model_ = {};
  }
  for (const Bytes& input : inputs_) {
    if (is_sockets()) TRY_OK(model_.deliver_socket(input));
    if (is_timer()) TRY_OK(model_.deliver_tick(input));
    if (is_programs()) TRY_OK(model_.deliver_program(input));
  }
  if (event.delta) TRY_OK(state_.apply(*event.delta));
  if (!equal(state_.bytes(), model_.state())) {
    return fail(Code::kInternal, "CHAIN-2: after event {} the state is not the model's",
                event.record.link.seq.value);
  }
  return add_outputs(event);
}

Status ActorAudit::add_outputs(const store::StoredEvent& event) {
  const chain::Link& link = event.record.link;
  LifeRecord& life = life_of(link.seq);
  for (std::size_t i = 0; i < event.outputs.size(); ++i) {
    const auto& output = event.outputs[i];
    wasm::BinaryReader reader(output.bytes);
    const std::string name(reader.string());
    Bytes arguments = to_bytes(ByteSpan(output.bytes).subspan(reader.offset()));
    TRY_OK(timers_.effect(name, arguments));
    const auto* id = std::get_if<std::uint64_t>(&event.record.outputs[i].target);
    if (name.ends_with("#spawn") && id != nullptr) TRY_OK(programs_.start(*id));
    life.outputs.push_back({name, std::move(arguments), link.seq});
  }
  return {};
}

/// A call that the guest waits for is performed like an output, before its invocation ends.
void ActorAudit::add_request(const store::StoredEvent& event) {
  const Seq seq = event.record.link.seq;
  life_of(seq).outputs.push_back({event.record.name, event.payloads.at(0).bytes, seq});
}

Status ActorAudit::add_trap(const store::StoredEvent& event) {
  is_open_ = false;
  const auto reason = std::get<chain::TrapBody>(event.record.body).reason;
  if (event.record.state_root != state_.root()) {
    return fail(Code::kInternal, "CHAIN-2: trap {} has another root than the state",
                event.record.link.seq.value);
  }
  if (is_init()) return {};
  const bool is_interrupted = reason == chain::TrapReason::kInterrupted;
  const bool is_explained = std::ranges::any_of(inputs_, [&](const Bytes& input) {
    const auto command = is_sockets() ? command_in(input) : std::nullopt;
    return (command && may_trap(*command, reason)) ||
           (is_timer() && reason == chain::TrapReason::kDeadline);
  });
  if (!is_interrupted && !is_explained) {
    return fail(Code::kInternal, "trap {} has no cause in its inputs", event.record.link.seq.value);
  }
  if (is_interrupted || inputs_.size() > 1) {
    for (const Bytes& input : inputs_) ++owed_[input];
  }
  return {};
}

/// What the chain tells is the beginning of what was seen.
Status ActorAudit::compare_life(std::size_t life) const {
  const ActorLife& seen = witness_.lives[life];
  const auto fail_at = [&](const Error& error) {
    return fail_in(error, fmt::format("life {}", life));
  };
  const auto same = [](const Bytes& one, const Bytes& other) { return one == other; };
  const LifeRecord& told = told_of(life);
  if (auto good = compare_lists(told.socket_events, seen.accepted, "socket events delivered", same);
      !good) {
    return fail_at(good.error());
  }
  if (auto good = compare_lists(told.events, seen.taken, "CHAIN-3: events taken", same); !good) {
    return fail_at(good.error());
  }
  if (auto good = compare_lists(seen.performed, told.outputs, "CHAIN-1: outputs", same_effect);
      !good) {
    return fail_at(good.error());
  }
  return {};
}

/// Of the last life the chain tells all, but what waits.
Status ActorAudit::compare_sizes(std::uint64_t waiting) const {
  const ActorLife& seen = witness_.lives.back();
  const LifeRecord& told = told_of(witness_.lives.size() - 1);
  if (told.socket_events.size() + waiting != seen.accepted.size()) {
    return fail(Code::kInternal, "{} of {} accepted events were delivered, {} wait",
                told.socket_events.size(), seen.accepted.size(), waiting);
  }
  if (told.events.size() != seen.taken.size()) {
    return fail(Code::kInternal, "{} of {} events that were taken were delivered",
                told.events.size(), seen.taken.size());
  }
  if (told.outputs.size() != seen.performed.size()) {
    return fail(Code::kInternal, "{} of {} committed outputs were performed", seen.performed.size(),
                told.outputs.size());
  }
  return {};
}

Status ActorAudit::finish(Extent extent, std::uint64_t waiting) {
  for (std::size_t life = 0; life < witness_.lives.size(); ++life) TRY_OK(compare_life(life));
  if (extent == Extent::kPrefix) return {};
  TRY_OK(compare_sizes(waiting));
  if (is_open_ || !owed_.empty()) {
    return fail(Code::kInternal, "at rest {} inputs are owed a delivery", owed_.size());
  }
  if (extent == Extent::kHeldUp) return {};
  TRY_OK(programs_.finish());
  return timers_.finish();
}

}  // namespace theater::sim
