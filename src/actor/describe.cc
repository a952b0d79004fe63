// describe_event: the types of an event's values follow from its name and kind.
#include "actor/describe.h"

#include <algorithm>
#include <optional>

#include "actor/program.h"
#include "wasm/binary.h"
#include "wasm/wave.h"

namespace theater::actor {
namespace {

using MaybeBytes = std::optional<ByteSpan>;
using OptionalType = std::optional<wasm::Type>;

class Describer {
 public:
  Describer(const chain::Record& record, const EventPayloads& payloads,
            const DescribeOptions& options)
      : record_(record), payloads_(payloads), options_(options) {}

  EventText describe() {
    add("kind", std::string(chain::kind_name(record_.kind)));
    if (record_.invocation) add("invocation", fmt::format("{}", record_.invocation->value));
    if (!record_.name.empty()) add("name", record_.name);
    std::visit([this](const auto& body) { add_body(body); }, record_.body);
    for (std::size_t i = 0; i < payloads_.inputs.size(); ++i) {
      add(fmt::format("inputs[{}]", i), value(payloads_.inputs[i], input_type()));
    }
    add_payloads();
    for (std::size_t i = 0; i < payloads_.outputs.size(); ++i) add_output(i);
    if (record_.state_root) add("state", record_.state_root->hex());
    if (record_.outcome) add("outcome", fmt::format("{}", *record_.outcome));
    if (record_.fuel) add("fuel", fmt::format("{}", *record_.fuel));
    return std::move(text_);
  }

 private:
  void add(std::string field, std::string text) {
    text_.emplace_back(std::move(field), std::move(text));
  }

  void add_body(const std::monostate&) {}
  void add_body(const chain::GenesisBody& body) {
    add("component", body.component.hex());
    add("world", body.world.hex());
    add("profile", body.profile.hex());
  }
  void add_body(const chain::ActivateBody& body) {
    add("reason", std::string(chain::activate_reason_name(body.reason)));
  }
  void add_body(const chain::RepeatBody& body) {
    add("repeats", fmt::format("{}", body.first.value));
  }
  void add_body(const chain::OrdinalBody& body) {
    add("ordinal", fmt::format("{}", body.ordinal));
  }
  void add_body(const chain::RequestBody& body) {
    add("request", fmt::format("{}", body.request.value));
  }
  void add_body(const chain::SendBody& body) {
    add("class", std::string(chain::output_class_name(body.output_class)));
    add("target", target_text(body.target));
  }
  void add_body(const chain::TrapBody& body) {
    add("reason", std::string(chain::trap_reason_name(body.reason)));
  }
  void add_body(const chain::OperationBody& body) {
    add("operation", fmt::format("{} {} attempt {}", body.id.value,
                                 chain::operation_phase_name(body.phase), body.attempt));
  }
  void add_body(const chain::OverflowBody& body) {
    add("overflow", fmt::format("{}: {}, {} items, {} bytes", body.queue,
                                chain::overflow_policy_name(body.policy), body.items, body.bytes));
  }
  void add_body(const chain::SnapshotBody& body) {
    add("snapshot", fmt::format("of {}, manifest {}", body.seq.value, body.manifest.hex()));
  }
  void add_body(const chain::LifecycleBody& body) {
    add("what", fmt::format("{}, code {}", chain::lifecycle_step_name(body.what), body.code));
  }
  void add_body(const chain::RecoveryBody& body) {
    add("recovery", fmt::format("segment {}, offset {}, {} bytes cut", body.segment, body.offset,
                                body.bytes_cut));
  }

  static std::string target_text(const chain::OutputTarget& target) {
    if (const auto* id = std::get_if<std::uint64_t>(&target)) return fmt::format("{}", *id);
    return std::get<ActorId>(target).hex();
  }

  void add_payloads() {
    for (std::size_t i = 0; i < payloads_.payloads.size(); ++i) {
      const MaybeBytes bytes = payloads_.payloads[i];
      switch (record_.kind) {
        case chain::Kind::kHostCall:
        case chain::Kind::kDenied:
        case chain::Kind::kHostRequest:
          if (i == 0) add("arguments", arguments_text(find_call(record_.name), bytes));
          if (i == 1) add("result", value(bytes, result_type(find_call(record_.name))));
          break;
        case chain::Kind::kTrap: add("error", value(bytes, wasm::Type(wasm::Kind::kString))); break;
        case chain::Kind::kLifecycle:
          add("note", value(bytes, wasm::Type(wasm::Kind::kString)));
          break;
        case chain::Kind::kGenesis:
        case chain::Kind::kUpgrade: add("manifest", bytes ? cut(std::string(as_text(*bytes))) : "(removed)");
          break;
        default: add(fmt::format("payloads[{}]", i), value(bytes, std::nullopt));
      }
    }
  }

  void add_output(std::size_t index) {
    const chain::Output& output = record_.outputs[index];
    const std::string head = fmt::format("{} {}", chain::output_class_name(output.output_class),
                                         target_text(output.target));
    const MaybeBytes payload = payloads_.outputs[index];
    const auto call = parse_output(options_.families, payload.value_or(ByteSpan()));
    const std::string what =
        call ? fmt::format("{}#{}{}", options_.families[call->family]->interface_name,
                           call->call->name, arguments_text(call->call, call->arguments))
             : value(payload, std::nullopt);
    add(fmt::format("outputs[{}]", index), fmt::format("{}: {}", head, what));
  }

  const CallInfo* find_call(std::string_view name) const {
    const std::size_t mark = name.find('#');
    if (mark == std::string_view::npos) return nullptr;
    for (const FamilyInfo* info : options_.families) {
      if (info->interface_name != name.substr(0, mark)) continue;
      for (const CallInfo& call : info->calls) {
        if (call.name == name.substr(mark + 1)) return &call;
      }
    }
    return nullptr;
  }

  static OptionalType result_type(const CallInfo* call) {
    return call == nullptr ? std::nullopt : call->type.result;
  }

  OptionalType input_type() const {
    if (record_.name == kInitExport) return wasm::Type::list(wasm::Kind::kU8);
    if (record_.name == kMigrateExport) return wasm::Type(wasm::Kind::kString);
    for (const FamilyInfo* info : options_.families) {
      if (info->handler_name == record_.name) return info->event_type;
    }
    return std::nullopt;
  }

  std::string arguments_text(const CallInfo* call, MaybeBytes bytes) const {
    if (call == nullptr) return value(bytes, std::nullopt);
    std::vector<wasm::Type> elements;
    for (const auto& parameter : call->type.parameters) elements.push_back(parameter.type);
    if (elements.empty()) return "()";
    return value(bytes, wasm::Type::tuple(elements));
  }

  std::string value(MaybeBytes bytes, const OptionalType& type) const {
    if (!bytes) return "(removed)";
    if (type) {
      const auto decoded = wasm::decode(*bytes, *type);
      if (decoded) return cut(wasm::to_wave(*decoded, *type));
    }
    return cut("0x" + to_hex(bytes->first(std::min(bytes->size(), options_.value_length_max))));
  }

  std::string cut(std::string text) const {
    if (text.size() <= options_.value_length_max) return text;
    std::size_t end = options_.value_length_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
    return text + "...";
  }

  const chain::Record& record_;
  const EventPayloads& payloads_;
  const DescribeOptions& options_;
  EventText text_;
};

}  // namespace

EventPayloads EventPayloads::of(const store::StoredEvent& event) {
  EventPayloads payloads;
  const auto add = [](const auto& stored, auto& out) {
    for (const auto& one : stored) {
      out.push_back(one.present ? MaybeBytes(one.bytes) : std::nullopt);
    }
  };
  add(event.inputs, payloads.inputs);
  add(event.payloads, payloads.payloads);
  add(event.outputs, payloads.outputs);
  return payloads;
}

EventText describe_event(const chain::Record& record, const EventPayloads& payloads,
                         const DescribeOptions& options) {
  return Describer(record, payloads, options).describe();
}

std::string to_lines(const EventText& text) {
  std::string lines;
  for (const auto& [field, value] : text) lines += fmt::format("{}: {}\n", field, value);
  return lines;
}

}  // namespace theater::actor
