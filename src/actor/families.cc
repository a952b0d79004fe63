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

std::string known_families(std::span<const FamilyInfo* const> infos) {
  std::string text;
  for (const FamilyInfo* info : infos) {
    if (info->grant_need != GrantNeed::kTable) continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", info->name);
  }
  return text;
}

const FamilyInfo* find_info(std::span<const FamilyInfo* const> infos, std::string_view name) {
  for (const FamilyInfo* info : infos) {
    if (info->name == name) return info;
  }
  return nullptr;
}

}  // namespace

Families::Families(const FamilySet& set, OutputGate& gate)
    : set_(set), gate_(gate), instances_(set.infos().size()) {}

Families::~Families() { forget_pending(); }

Status Families::check_grants(const FamilySet& set, const Manifest& manifest) {
  const auto infos = set.infos();
  for (const Setting& grant : manifest.grants) {
    if (find_info(infos, grant.key) == nullptr) {
      return fail(Code::kInvalid, "{}:{}:{}: no host family is called \"{}\"; known families: {}",
                  grant.file, grant.key_line, grant.key_column, grant.key, known_families(infos));
    }
  }
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const Setting* grant = manifest.find_grant(infos[i]->name);
    if (grant != nullptr) TRY_OK(set.check_grant(i, *grant));
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
    TRY(instances_[i], set_.create(i, *grant, port));
    if (OperationPort* ports = instances_[i]->operations()) operations_.add(*ports);
    has_operations = has_operations || infos[i]->has_operations;
  }
  for (std::size_t i = 0; i < infos.size() && has_operations; ++i) {
    if (infos[i]->grant_need != GrantNeed::kOperations) continue;
    TRY(instances_[i], set_.create(i, Setting{}, port));
  }
  return {};
}

Status Families::recover() {
  for (const auto& instance : instances_) {
    if (instance) TRY_OK(instance->recover());
  }
  return {};
}

Result<CallOutcome> Families::call(const ImportTarget& target, ByteSpan arguments,
                                   const CallContext& context, Bytes& result) {
  if (touched_.empty() || touched_.back() != target.family) {
    if (std::ranges::find(touched_, target.family) == touched_.end()) {
      touched_.push_back(target.family);
    }
  }
  return instances_[target.family]->call(target.function, arguments, context, result);
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
  for (const std::size_t family : touched_) instances_[family]->settle(settlement);
  touched_.clear();
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
  if (free_.empty()) {
    free_.push_back(waiting_.size());
    waiting_.push_back(std::make_unique<EffectBatch>());
  }
  const std::size_t token = free_.back();
  free_.pop_back();
  std::swap(*waiting_[token], effects);
  gate_.hold(lsn, *this, token);
}

void Families::release(std::uint64_t token) {
  const EffectBatch& effects = *waiting_[token];
  for (const EffectBatch::Item& item : effects.items) {
    instances_[item.target->family]->perform(
        {item.target->function, effects.arguments(item), item.id, effects.seq, effects.ticket});
  }
  waiting_[token]->clear();
  free_.push_back(token);
  const bool is_awaited = is_awaited_ && !has_pending();
  if (is_awaited) is_awaited_ = false;
  if (is_stopping_ || is_awaited) port_->drained();  // perhaps: the actor looks
}

void Families::forget_pending() { gate_.forget(*this); }

void Families::release_memory() {
  if (has_pending()) return;
  give_back(waiting_);
  give_back(free_);
}

EventSource* Families::source(std::size_t family) const {
  return instances_[family] ? instances_[family]->events() : nullptr;
}

bool Families::has_parting_event(std::size_t family) const {
  return instances_[family] && instances_[family]->has_parting_event();
}

void Families::expect_stop(EndReason reason) {
  is_stopping_ = true;
  for (const auto& instance : instances_) {
    if (instance) instance->expect_stop(reason);
  }
}

void Families::stop(StopMode mode) {
  is_stopping_ = true;
  for (const auto& instance : instances_) {
    if (instance) instance->stop(mode);
  }
}

Census Families::census() const {
  Census total;
  for (const auto& instance : instances_) {
    if (!instance) continue;
    const Census one = instance->census();
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
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    if (!instances_[i]) continue;
    writer.string(set_.infos()[i]->name);
    writer.bytes(instances_[i]->save());
  }
  return out;
}

Status Families::load(ByteSpan saved) {
  wasm::BinaryReader reader(saved);
  while (reader.ok() && reader.remaining() > 0) {
    const std::string_view name = reader.string();
    const ByteSpan part = reader.bytes();
    for (std::size_t i = 0; i < instances_.size(); ++i) {  // a family no longer granted: dropped
      if (instances_[i] && set_.infos()[i]->name == name) TRY_OK(instances_[i]->load(part));
    }
  }
  return reader.finish();
}

}  // namespace theater::actor
