// Events as text.
#include "replay/event_text.h"

#include <fmt/format.h>

namespace theater::replay {
namespace {

using chain::Kind;
using chain::Record;
using store::StoredEvent;

constexpr std::string_view kInitSuffix = "#init";

const wasm::Type& bytes_type() {
  static const wasm::Type type = wasm::Type::list(wasm::Kind::kU8);
  return type;
}

std::string raw_text(ByteSpan bytes) { return "0x" + to_hex(bytes); }

std::string input_text(const Record& record, ByteSpan bytes, const EventTypes& types) {
  if (const wasm::Type* type = types.input(record.name)) return value_text(bytes, *type);
  if (record.name.ends_with(kInitSuffix)) return value_text(bytes, bytes_type());
  return raw_text(bytes);
}

bool is_call(Kind kind) {
  return kind == Kind::kHostCall || kind == Kind::kHostRequest || kind == Kind::kHostResponse ||
         kind == Kind::kDenied;
}

/// A string value as WAVE text.
std::string note_text(ByteSpan bytes) { return value_text(bytes, wasm::Kind::kString); }

PayloadText call_payload(const StoredEvent& event, std::size_t index, const EventTypes& types) {
  const bool is_result = event.record.kind == Kind::kHostResponse || index == 1;
  const ByteSpan bytes = event.payloads[index].bytes;
  const wasm::FunctionType* function = types.function(event.record.name);
  PayloadText text{.role = is_result ? "result" : "arguments"};
  if (function == nullptr) {
    text.wave = raw_text(bytes);
  } else if (!is_result) {
    text.wave = arguments_text(bytes, *function);
  } else if (function->result) {
    text.wave = value_text(bytes, *function->result);
  }
  return text;
}

PayloadText payload_text(const StoredEvent& event, std::size_t index, const EventTypes& types) {
  const Kind kind = event.record.kind;
  const ByteSpan bytes = event.payloads[index].bytes;
  if (is_call(kind)) return call_payload(event, index, types);
  if (kind == Kind::kGenesis || kind == Kind::kUpgrade) {
    return {.role = "manifest", .wave = std::string(as_text(bytes))};
  }
  if (kind == Kind::kOperation) {
    return {.role = "event", .wave = input_text(event.record, bytes, types)};
  }
  if (kind == Kind::kCommit) return {.role = "result", .wave = raw_text(bytes)};
  return {.role = kind == Kind::kTrap ? "error" : "note", .wave = note_text(bytes)};
}

std::string target_text(const chain::OutputTarget& target) {
  if (const auto* actor = std::get_if<ActorId>(&target)) return actor->hex();
  return fmt::format("{}", std::get<std::uint64_t>(target));
}

PayloadText output_text(const StoredEvent& event, std::size_t index, const EventTypes& types) {
  const chain::Output& output = event.record.outputs[index];
  return {.role = fmt::format("output {} {}", output_class_name(output.output_class),
                              target_text(output.target)),
          .wave = effect_text(event.outputs[index].bytes, types)};
}

struct Slot {
  PayloadText::Place place;
  std::size_t index;
};

void finish(PayloadText& text, Slot slot, const chain::PayloadCommitment& commitment,
            const StoredEvent::Stored& stored) {
  text.place = slot.place;
  text.index = slot.index;
  text.commitment = &commitment;
  text.stored = &stored;
  if (!stored.present) text.wave.clear();
}

/// The commitment to the manifest stands in the body, the others under key 9.
const chain::PayloadCommitment& payload_commitment(const Record& record, std::size_t index) {
  if (const auto* genesis = std::get_if<chain::GenesisBody>(&record.body)) {
    return genesis->manifest;
  }
  return record.payloads[index];
}

std::uint64_t count_of(const std::optional<chain::Page>& page, std::size_t inline_items) {
  return page ? page->count : inline_items;
}

std::string outcome_text(const Record& record) {
  if (!record.outcome) return "";
  return *record.outcome == 0 ? "ok" : *record.outcome == 1 ? "error" : "trap";
}

/// What the body says; "" for bodies that only number things.
struct BodyText {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const chain::GenesisBody& body) const {
    return fmt::format("component {}", body.component.hex().substr(0, 16));
  }
  std::string operator()(const chain::ActivateBody& body) const {
    return std::string(activate_reason_name(body.reason));
  }
  std::string operator()(const chain::RepeatBody& body) const {
    return fmt::format("again, first at {}", body.first.value);
  }
  std::string operator()(const chain::OrdinalBody& body) const {
    return fmt::format("call {}", body.ordinal);
  }
  std::string operator()(const chain::RequestBody& body) const {
    return fmt::format("answers {}", body.request.value);
  }
  std::string operator()(const chain::SendBody& body) const {
    return fmt::format("{} to {}", output_class_name(body.output_class), target_text(body.target));
  }
  std::string operator()(const chain::TrapBody& body) const {
    return std::string(trap_reason_name(body.reason));
  }
  std::string operator()(const chain::OperationBody& body) const {
    return fmt::format("operation {} {}, attempt {}", body.id.value,
                       operation_phase_name(body.phase), body.attempt);
  }
  std::string operator()(const chain::OverflowBody& body) const {
    return fmt::format("{} {} {} items, {} bytes", body.queue, overflow_policy_name(body.policy),
                       body.items, body.bytes);
  }
  std::string operator()(const chain::SnapshotBody& body) const {
    return fmt::format("of seq {}", body.seq.value);
  }
  std::string operator()(const chain::LifecycleBody& body) const {
    return std::string(lifecycle_step_name(body.what));
  }
  std::string operator()(const chain::RecoveryBody& body) const {
    return fmt::format("segment {} offset {}, {} bytes cut", body.segment, body.offset,
                       body.bytes_cut);
  }
};

}  // namespace

std::vector<PayloadText> payload_texts(const StoredEvent& event, const EventTypes& types) {
  using Place = PayloadText::Place;
  std::vector<PayloadText> texts;
  for (std::size_t index = 0; index < event.inputs.size(); ++index) {
    const auto& stored = event.inputs[index];
    texts.push_back({.role = "input", .wave = input_text(event.record, stored.bytes, types)});
    finish(texts.back(), {Place::kInput, index}, event.record.inputs[index].payload, stored);
  }
  for (std::size_t index = 0; index < event.payloads.size(); ++index) {
    texts.push_back(payload_text(event, index, types));
    finish(texts.back(), {Place::kPayload, index}, payload_commitment(event.record, index),
           event.payloads[index]);
  }
  for (std::size_t index = 0; index < event.outputs.size(); ++index) {
    texts.push_back(output_text(event, index, types));
    finish(texts.back(), {Place::kOutput, index}, event.record.outputs[index].payload,
           event.outputs[index]);
  }
  return texts;
}

std::string summary_text(const Record& record) {
  std::vector<std::string> parts;
  if (record.outcome) parts.push_back(outcome_text(record));
  if (std::string body = std::visit(BodyText{}, record.body); !body.empty()) {
    parts.push_back(std::move(body));
  }
  if (const auto count = count_of(record.input_page, record.inputs.size()); count > 0) {
    parts.push_back(fmt::format("{} {}", count, count == 1 ? "input" : "inputs"));
  }
  if (const auto count = count_of(record.output_page, record.outputs.size()); count > 0) {
    parts.push_back(fmt::format("{} {}", count, count == 1 ? "output" : "outputs"));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string event_text(const StoredEvent& event, const EventTypes& types) {
  const Record& record = event.record;
  std::string text = fmt::format("kind: {}", kind_name(record.kind));
  if (!record.name.empty()) text += fmt::format("\nfunction: {}", record.name);
  if (record.invocation) text += fmt::format("\ninvocation: {}", record.invocation->value);
  if (const std::string summary = summary_text(record); !summary.empty()) {
    text += fmt::format("\nwhat: {}", summary);
  }
  if (record.fuel) text += fmt::format("\nfuel: {}", *record.fuel);
  for (const PayloadText& payload : payload_texts(event, types)) {
    text += fmt::format("\n{}: {}", payload.role, payload.wave);
  }
  if (record.state_root) text += fmt::format("\nstate root: {}", record.state_root->hex());
  return text + fmt::format("\nleaf: {}", event.leaf.hex());
}

}  // namespace theater::replay
