// From names and hints to types, and from bytes and types to WAVE text.
#include "replay/event_types.h"

#include "wasm/binary.h"
#include "wasm/wave.h"

namespace theater::replay {
EventTypes::EventTypes(std::span<const actor::FamilyInfo* const> families) {
  for (const actor::FamilyInfo* family : families) {
    if (family->event_type) inputs_.emplace(family->handler_name, *family->event_type);
    if (family->answers) functions_.emplace(family->handler_name, family->answers->type);
    for (const actor::CallInfo& call : family->calls) {
      functions_.emplace(family->interface_name + "#" + call.name, call.type);
    }
  }
}

const wasm::FunctionType* EventTypes::function(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

const wasm::Type* EventTypes::input(std::string_view handler) const {
  const auto found = inputs_.find(handler);
  return found == inputs_.end() ? nullptr : &found->second;
}

std::string value_text(ByteSpan bytes, const wasm::Type& type) {
  const auto value = wasm::decode(bytes, type);
  return value ? wasm::to_wave(*value, type) : "0x" + to_hex(bytes);
}

std::string arguments_text(ByteSpan bytes, const wasm::FunctionType& type) {
  const auto values = wasm::decode_arguments(bytes, type);
  if (!values) return "0x" + to_hex(bytes);
  std::string text = "(";
  for (std::size_t index = 0; index < values->size(); ++index) {
    if (index > 0) text += ", ";
    text += wasm::to_wave((*values)[index], type.parameters[index].type);
  }
  return text + ")";
}

std::string effect_text(ByteSpan bytes, const EventTypes& types) {
  wasm::BinaryReader reader(bytes);
  const std::string_view name = reader.string();
  const wasm::FunctionType* function = reader.ok() ? types.function(name) : nullptr;
  if (function == nullptr) return "0x" + to_hex(bytes);
  return std::string(name.substr(name.find('#') + 1)) +
         arguments_text(bytes.subspan(reader.offset()), *function);
}

}  // namespace theater::replay
