// OpenWork: starts, ends, deliveries, waits.
#include "replay/open_work.h"

#include <algorithm>

#include "actor/program.h"

namespace theater::replay {

void OpenWork::add(const store::StoredEvent& event) {
  switch (event.record.kind) {
    case chain::Kind::kReceive:
      delivered_.clear();
      inputs_ = event.inputs.size();
      asked_once_ = asked_once_ && std::holds_alternative<chain::RepeatBody>(event.record.body);
      for (const chain::Input& input : event.record.inputs) {
        if (!input.reference) continue;
        const auto found = ended_.find(input.reference->seq);
        if (found != ended_.end()) delivered_.push_back(found->second);
      }
      return;
    case chain::Kind::kHostRequest:
      return add_wait(event);
    case chain::Kind::kHostResponse:
      wait_.reset();
      return;
    case chain::Kind::kOperation:
      return add_record(event);
    case chain::Kind::kCommit:
      add_starts(event);
      return end_invocation(event);
    case chain::Kind::kTrap:
      return end_invocation(event);
    default:
      return;
  }
}

void OpenWork::add_starts(const store::StoredEvent& event) {
  for (std::size_t i = 0; i < event.outputs.size(); ++i) {
    const auto* id = std::get_if<std::uint64_t>(&event.record.outputs[i].target);
    const auto call = actor::parse_output(families_, event.outputs[i].bytes);
    if (id == nullptr || !call || call->call->plain != actor::PlainResult::kMintedId) continue;
    const actor::FamilyInfo& family = *families_[call->family];
    if (!family.has_operations) continue;
    OpenItem item;
    item.id = *id;
    item.function = family.interface_name + "#" + call->call->name;
    item.arguments = arguments_text(call->arguments, call->call->type);
    item.since_us = event.record.link.time_us;
    item.start = {call->family, call->function, to_bytes(call->arguments)};
    operations_.insert_or_assign(*id, std::move(item));
  }
}

void OpenWork::add_record(const store::StoredEvent& event) {
  const auto& body = std::get<chain::OperationBody>(event.record.body);
  const auto found = operations_.find(body.id.value);
  if (found == operations_.end()) return;
  OpenItem& item = found->second;
  item.attempt = body.attempt;
  if (event.record.payloads.empty()) return;
  item.what = OpenItem::What::kEnd;
  item.phase = operation_phase_name(body.phase);
  item.since_us = event.record.link.time_us;
  ended_.emplace(event.record.link.seq, item.id);
}

void OpenWork::add_wait(const store::StoredEvent& event) {
  OpenItem item;
  item.what = OpenItem::What::kWait;
  item.id = event.record.link.seq.value;
  item.function = event.record.name;
  const wasm::FunctionType* type = types_.function(event.record.name);
  if (type != nullptr && !event.payloads.empty()) {
    item.arguments = arguments_text(event.payloads[0].bytes, *type);
  }
  item.since_us = event.record.link.time_us;
  const auto call = actor::find_call(families_, event.record.name);
  asked_once_ = asked_once_ || !call || call->call->asking == actor::Asking::kOnce;
  wait_ = std::move(item);
}

/// A batch that failed comes again event by event, unless it asked for what is done once; one that
/// was interrupted comes again whole.
void OpenWork::end_invocation(const store::StoredEvent& event) {
  wait_.reset();
  const auto* trap = std::get_if<chain::TrapBody>(&event.record.body);
  const bool is_interrupted = trap != nullptr && trap->reason == chain::TrapReason::kInterrupted;
  const bool comes_again = is_interrupted || (trap != nullptr && inputs_ > 1 && !asked_once_);
  if (!comes_again) {
    for (const std::uint64_t id : delivered_) operations_.erase(id);
  }
  delivered_.clear();
}

std::vector<OpenItem> OpenWork::items() const {
  std::vector<OpenItem> items;
  for (const auto& [id, item] : operations_) items.push_back(item);
  if (wait_) items.push_back(*wait_);
  std::ranges::sort(items, {},
                    [](const OpenItem& item) { return std::pair(item.since_us, item.id); });
  return items;
}

}  // namespace theater::replay
