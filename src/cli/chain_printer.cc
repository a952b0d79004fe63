// Events as text and JSON.
#include "cli/chain_printer.h"

#include <fmt/format.h>

#include "actor/manifest.h"
#include "hosts/all_hosts.h"

namespace theater::cli {
namespace {

constexpr std::size_t kTextBytesMax = 400;  // of one payload in text; JSON has it all

Colour colour_of(chain::Kind kind) {
  switch (kind) {
    case chain::Kind::kReceive:
      return Colour::kCyan;
    case chain::Kind::kCommit:
      return Colour::kGreen;
    case chain::Kind::kTrap:
    case chain::Kind::kDenied:
    case chain::Kind::kOverflow:
      return Colour::kRed;
    case chain::Kind::kHostCall:
    case chain::Kind::kHostRequest:
    case chain::Kind::kHostResponse:
      return Colour::kBlue;
    default:
      return Colour::kDim;
  }
}

/// "websocket-server-handler#handle-events" of "theater:actor/websocket-server-handler@0.1.0#...".
std::string short_name(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::size_t at = name.find('@');
  const std::size_t hash = name.find('#');
  if (slash == std::string::npos || at == std::string::npos || hash == std::string::npos) {
    return name;
  }
  return name.substr(slash + 1, at - slash - 1) + name.substr(hash);
}

std::string shortened(std::string text) {
  for (char& letter : text) {
    if (letter == '\n') letter = ' ';
  }
  if (text.size() <= kTextBytesMax) return text;
  const std::size_t left_out = text.size() - kTextBytesMax;
  text.resize(kTextBytesMax);
  return text + fmt::format("... ({} more)", left_out);
}

Json payload_json(const chain::Record& record, const replay::PayloadText& payload,
                  Payloads payloads) {
  Json json{{"role", payload.role}};
  if (payload.place == replay::PayloadText::Place::kOutput) {
    const chain::Output& output = record.outputs[payload.index];
    json["class"] = output_class_name(output.output_class);
  }
  json["bytes"] = payload.commitment->length;
  json["digest"] = payload.commitment->digest.hex();
  if (!payload.stored->present) json["removed"] = true;
  if (payloads == Payloads::kShown && payload.stored->present) {
    json["wave"] = payload.wave;
    json["hex"] = to_hex(payload.stored->bytes);
  }
  return json;
}

const char* list_of(replay::PayloadText::Place place) {
  switch (place) {
    case replay::PayloadText::Place::kInput:
      return "inputs";
    case replay::PayloadText::Place::kPayload:
      return "payloads";
    case replay::PayloadText::Place::kOutput:
      return "outputs";
  }
  return "";
}

}  // namespace

ChainPrinter::ChainPrinter(Output& output, Payloads payloads)
    : output_(output), payloads_(payloads), types_(hosts::AllHosts().infos()) {}

void ChainPrinter::print(const store::StoredEvent& event) {
  if (output_.is_json()) {
    print_json(event);
  } else {
    print_text(event);
  }
}

void ChainPrinter::learn_name(const store::StoredEvent& event) {
  if (event.record.kind != chain::Kind::kGenesis || event.payloads.empty()) return;
  const auto manifest = actor::parse_recorded_manifest(as_text(event.payloads[0].bytes));
  if (manifest) names_.try_emplace(event.record.link.actor, manifest->name);
}

std::string ChainPrinter::name_of(const ActorId& actor) const {
  const auto found = names_.find(actor);
  return found == names_.end() ? actor.hex().substr(0, 8) : found->second;
}

void ChainPrinter::print_text(const store::StoredEvent& event) {
  const chain::Record& record = event.record;
  const std::string kind = fmt::format("{:<9}", kind_name(record.kind));
  output_.line(fmt::format(
      "{} {:>7}  {}  {}  {}  {}{}{}",
      output_.paint(Colour::kBold, fmt::format("{:<12}", name_of(record.link.actor))),
      record.link.seq.value, output_.paint(Colour::kDim, time_text(record.link.time_us)),
      output_.paint(Colour::kDim, event.leaf.hex().substr(0, 8)),
      output_.paint(colour_of(record.kind), kind), short_name(record.name),
      record.name.empty() ? "" : "  ", replay::summary_text(record)));
  if (payloads_ == Payloads::kHidden) return;
  for (const replay::PayloadText& payload : replay::payload_texts(event, types_)) {
    output_.line(fmt::format("    {}  {}", output_.paint(Colour::kDim, payload.role),
                             payload.stored->present ? shortened(payload.wave) : "(removed)"));
  }
}

void ChainPrinter::print_json(const store::StoredEvent& event) {
  const chain::Record& record = event.record;
  Json json{{"actor", record.link.actor.hex()}, {"name", name_of(record.link.actor)},
            {"seq", record.link.seq.value},     {"lsn", event.lsn.value},
            {"kind", kind_name(record.kind)},   {"time_us", record.link.time_us},
            {"leaf", event.leaf.hex()},         {"prev", record.link.previous.hex()}};
  if (!record.name.empty()) json["function"] = record.name;
  if (record.invocation) json["invocation"] = record.invocation->value;
  if (record.outcome) json["outcome"] = *record.outcome;
  if (record.fuel) json["fuel"] = *record.fuel;
  if (record.state_root) json["state_root"] = record.state_root->hex();
  json["what"] = replay::summary_text(record);
  const chain::Location place = event.location();
  json["file"] = place.file;
  json["offset"] = place.offset;
  for (const char* list : {"inputs", "payloads", "outputs"}) json[list] = Json::array();
  for (const replay::PayloadText& payload : replay::payload_texts(event, types_)) {
    json[list_of(payload.place)].push_back(payload_json(record, payload, payloads_));
  }
  output_.json(json);
}

}  // namespace theater::cli
