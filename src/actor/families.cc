// Families: making, calling, settling and ending family instances.
#include "actor/families.h"

#include <algorithm>

#include "actor/units.h"
#include "base/check.h"
#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"

namespace theater::actor {
namespace {

constexpr std::uint8_t kEmptyList[] = {0};

std::string granted_names(std::span<const FamilyInfo* const> infos) {
  std::string text;
  for (const FamilyInfo* info : infos) {
    if (info->grant_need != GrantNeed::kTable) continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", info->name);
  }
  return text;
}

}  // namespace

Result<std::size_t> find_family(std::span<const FamilyInfo* const> infos, const Setting& grant) {
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (infos[i]->name == grant.key) return i;
  }
  return fail(Code::kInvalid, "{}: no host family is called {}; there are {}", grant.place(),
              grant.key, granted_names(infos));
}

Families::Families(const FamilySet& set, OutputGate& gate) : set_(set), gate_(gate) {}

Families::~Families() { forget_pending(); }

Status Families::check_grants(const FamilySet& set, const Manifest& manifest) {
  for (const Setting& grant : manifest.grants) {
    TRY(const std::size_t family, find_family(set.infos(), grant));
    TRY_OK(set.check_grant(family, grant));
  }
  return {};
}

Status Families::create(const Manifest& manifest, ActorPort& port) {
  port_ = &port;
  const auto infos = set_.infos();
  bool has_operations = false;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const Setting* grant = manifest.find_grant(infos[i]->name);
    if (grant == nullptr) continue;
    TRY(auto instance, set_.create(i, *grant, port));
    if (OperationPort* ports = instance->operations()) operations_.add(*ports);
    has_operations = has_operations || infos[i]->has_operations;
    members_.push_back({i, std::move(instance)});
  }
  for (std::size_t i = 0; i < infos.size() && has_operations; ++i) {
    if (infos[i]->grant_need != GrantNeed::kOperations) continue;
    TRY(auto instance, set_.create(i, Setting{}, port));
    members_.push_back({i, std::move(instance)});
  }
  std::ranges::sort(members_, {}, &Member::family);
  members_.shrink_to_fit();
  return {};
}

Families::Member* Families::member(std::size_t family) {
  for (Member& member : members_) {
    if (member.family == family) return &member;
  }
  return nullptr;
}

FamilyInstance* Families::find(std::size_t family) const {
  for (const Member& member : members_) {
    if (member.family == family) return member.instance.get();
  }
  return nullptr;
}

Status Families::recover() {
  for (const Member& member : members_) TRY_OK(member.instance->recover());
  return {};
}

Result<CallOutcome> Families::call(const ImportTarget& target, ByteSpan arguments,
                                   const CallContext& context, Bytes& result) {
  Member& called = *member(target.family);
  called.is_called = true;
  return called.instance->call(target.function, arguments, context, result);
}

void Families::request(const ImportTarget& target, ByteSpan arguments,
                       const chain::Appended& request) {
  EffectBatch effects;
  effects.add(target, request.seq.value, arguments);
  effects.seq = request.seq;
  effects.ticket = request.seq.value;
  hold(effects, request.lsn);
}

void Families::settle(Settlement settlement, EffectBatch& effects, Lsn lsn) {
  for (Member& member : members_) {
    if (std::exchange(member.is_called, false)) member.instance->settle(settlement);
  }
  if (settlement == Settlement::kCommitted && !effects.empty()) hold(effects, lsn);
  effects.clear();
}

void Families::handled(const Handled& handled, const EffectBatch& effects) {
  if (!handled.handler.answers) return;
  const ByteSpan answers = effects.arguments(effects.items.back());
  find(handled.handler.family)->handled(handled.inputs, {handled.end.seq, true, answers});
}

void Families::handled_in_vain(const Handled& handled) {
  const auto& answers = handled.handler.answers;
  if (!answers) return;
  find(handled.handler.family)->handled(handled.inputs, {handled.end.seq, false, {}});
  EffectBatch none;
  none.add(*answers, 0, kEmptyList);
  none.seq = handled.end.seq;
  hold(none, handled.end.lsn);
}

void Families::hold(EffectBatch& effects, Lsn lsn) {
  if (!waiting_) waiting_ = std::make_unique<Waiting>();
  if (waiting_->free.empty()) {
    waiting_->free.push_back(waiting_->batches.size());
    waiting_->batches.push_back(std::make_unique<EffectBatch>());
  }
  const std::size_t token = waiting_->free.back();
  waiting_->free.pop_back();
  std::swap(*waiting_->batches[token], effects);
  gate_.hold(lsn, *this, token);
}

void Families::hold_again(OperationId id, Lsn lsn) {
  EffectBatch none;
  none.again = id;
  hold(none, lsn);
}

void Families::release(std::uint64_t token) {
  EffectBatch& effects = *waiting_->batches[token];
  if (effects.again) operations_.begin_again(*effects.again);
  for (const EffectBatch::Item& item : effects.items) {
    find(item.target->family)
        ->perform(
            {item.target->function, effects.arguments(item), item.id, effects.seq, effects.ticket});
  }
  effects.clear();
  waiting_->free.push_back(token);
  const bool is_awaited = is_awaited_ && !has_pending();
  if (is_awaited) is_awaited_ = false;
  if (is_stopping_ || is_awaited) port_->drained();  // perhaps: the actor looks
}

void Families::forget_pending() { gate_.forget(*this); }

void Families::release_memory() {
  if (!has_pending()) waiting_.reset();
  for (const Member& member : members_) member.instance->release_memory();
}

EventSource* Families::source(std::size_t family) const {
  FamilyInstance* const instance = find(family);
  return instance ? instance->events() : nullptr;
}

bool Families::has_parting_event(std::size_t family) const {
  FamilyInstance* const instance = find(family);
  return instance && instance->has_parting_event();
}

void Families::expect_stop(EndReason reason) {
  is_stopping_ = true;
  for (const Member& member : members_) member.instance->expect_stop(reason);
}

void Families::stop(StopMode mode) {
  is_stopping_ = true;
  for (const Member& member : members_) member.instance->stop(mode);
}

Census Families::census() const {
  Census total;
  for (const Member& member : members_) {
    const Census one = member.instance->census();
    total.descriptors += one.descriptors;
    total.timers += one.timers;
    total.operations += one.operations;
    total.connections += one.connections;
    total.bytes += one.bytes;
  }
  return total;
}

Bytes Families::save() const {
  Bytes out;
  wasm::BinaryWriter writer(out);
  for (const Member& member : members_) {
    writer.string(set_.infos()[member.family]->name);
    writer.bytes(member.instance->save());
  }
  return out;
}

Status Families::load(ByteSpan saved) {
  wasm::BinaryReader reader(saved);
  while (reader.ok() && reader.remaining() > 0) {
    const std::string_view name = reader.string();
    const ByteSpan part = reader.bytes();
    for (const Member& member : members_) {  // a family no longer granted: dropped
      if (set_.infos()[member.family]->name == name) TRY_OK(member.instance->load(part));
    }
  }
  return reader.finish();
}

}  // namespace theater::actor
