// EventTypes: which WIT type the bytes beside a record have, so that people can read them.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "actor/family_info.h"
#include "base/bytes.h"
#include "wasm/type.h"

namespace theater::replay {

/// Immutable after construction; any thread.
class EventTypes {
 public:
  explicit EventTypes(std::span<const actor::FamilyInfo* const> families);

  /// Of a host function, by "interface#function"; nullptr if no family has it.
  const wasm::FunctionType* function(std::string_view name) const;
  /// Of one input of a recv, by the handler's name; nullptr if unknown.
  const wasm::Type* input(std::string_view handler) const;

 private:
  std::map<std::string, wasm::FunctionType, std::less<>> functions_;
  std::map<std::string, wasm::Type, std::less<>> inputs_;
};

/// Bytes as WAVE text; as hexadecimal digits where they are no value of the type.
std::string value_text(ByteSpan bytes, const wasm::Type& type);
/// Arguments as "(a, b)".
std::string arguments_text(ByteSpan bytes, const wasm::FunctionType& type);
/// An output's payload, a host function's name and its arguments, as "send(7, text(\"hi\"))".
std::string effect_text(ByteSpan bytes, const EventTypes& types);

}  // namespace theater::replay
