// What a family says of itself besides its functions: names, events, what its handler returns.
#pragma once

#include <string>

#include "actor/family_info.h"
#include "host/wit_types.h"

namespace theater::host {

/// Fills in the names and the event type of a family that has a handler with payload `Payload`.
template <typename Payload>
void describe(actor::FamilyInfo& info, const std::string& name, actor::HandlerNeed need) {
  constexpr std::string_view kVersion = "0.1.0";
  info.name = name;
  info.interface_name = fmt::format("theater:actor/{}@{}", name, kVersion);
  info.handler_name = fmt::format("theater:actor/{}-handler@{}#handle-events", name, kVersion);
  info.handler_need = need;
  info.event_type = wasm::type_of<Event<Payload>>();
  info.handler_type = handler_type<Payload>();
}

/// After `describe`: the handler also returns `Answers`, an effect of its commit.
template <typename Payload, typename Answers>
void describe_answers(actor::FamilyInfo& info, chain::OutputClass output_class) {
  info.handler_type = handler_type<Payload, Answers>();
  actor::CallInfo& answers = info.answers.emplace();
  answers.name = info.handler_name.substr(info.handler_name.find('#') + 1);
  answers.type = {{{"answers", wasm::type_of<Answers>()}}, std::nullopt};
  answers.nature = actor::Nature::kEffect;
  answers.output_class = output_class;
  answers.plain = actor::PlainResult::kUnit;
  answers.emits = actor::Emits::kAlways;
}

}  // namespace theater::host
