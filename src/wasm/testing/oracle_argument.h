// Arguments for the oracle: from Value to wasmtime's own component values.
#pragma once

#include <wasmtime.h>
#include <wasmtime/component.h>

#include <string>

#include "base/check.h"
#include "wasm/type.h"
#include "wasm/value.h"

namespace theater::wasm::testing {

inline void set_name(wasm_name_t& out, const std::string& text) {
  wasm_name_new(&out, text.size(), text.data());
}

inline wasmtime_component_val_t to_oracle(const Value& value, const Type& type);

/// A case's payload on the oracle's heap; null if there is none.
inline wasmtime_component_val_t* to_oracle_payload(const Value& value, const Type& type) {
  const auto& choice = *value.as<Value::Choice>();
  if (choice.payload.empty()) return nullptr;
  wasmtime_component_val_t made = to_oracle(choice.payload[0], *type.members()[choice.index].type);
  return wasmtime_component_val_new(&made);
}

inline void to_oracle_list(const Value& value, const Type& type, wasmtime_component_val_t& out) {
  if (const Bytes* bytes = value.as<Bytes>()) {
    wasmtime_component_vallist_new_uninit(&out.of.list, bytes->size());
    for (std::size_t i = 0; i < bytes->size(); ++i) {
      out.of.list.data[i].kind = WASMTIME_COMPONENT_U8;
      out.of.list.data[i].of.u8 = (*bytes)[i];
    }
    return;
  }
  const auto& items = *value.as<Value::Items>();
  wasmtime_component_vallist_new_uninit(&out.of.list, items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    out.of.list.data[i] = to_oracle(items[i], type.element());
  }
}

inline void to_oracle_compound(const Value& value, const Type& type,
                               wasmtime_component_val_t& out) {
  const std::vector<Member>& members = type.members();
  switch (type.kind()) {
    case Kind::kRecord: {
      out.kind = WASMTIME_COMPONENT_RECORD;
      wasmtime_component_valrecord_new_uninit(&out.of.record, members.size());
      for (std::size_t i = 0; i < members.size(); ++i) {
        set_name(out.of.record.data[i].name, members[i].name);
        out.of.record.data[i].val = to_oracle((*value.as<Value::Items>())[i], *members[i].type);
      }
      return;
    }
    case Kind::kTuple: {
      out.kind = WASMTIME_COMPONENT_TUPLE;
      wasmtime_component_valtuple_new_uninit(&out.of.tuple, members.size());
      for (std::size_t i = 0; i < members.size(); ++i) {
        out.of.tuple.data[i] = to_oracle((*value.as<Value::Items>())[i], *members[i].type);
      }
      return;
    }
    case Kind::kVariant:
      out.kind = WASMTIME_COMPONENT_VARIANT;
      set_name(out.of.variant.discriminant, members[value.as<Value::Choice>()->index].name);
      out.of.variant.val = to_oracle_payload(value, type);
      return;
    case Kind::kEnum:
      out.kind = WASMTIME_COMPONENT_ENUM;
      set_name(out.of.enumeration, members[value.as<Value::Choice>()->index].name);
      return;
    case Kind::kOption:
      out.kind = WASMTIME_COMPONENT_OPTION;
      out.of.option = to_oracle_payload(value, type);
      return;
    case Kind::kResult:
      out.kind = WASMTIME_COMPONENT_RESULT;
      out.of.result.is_ok = value.as<Value::Choice>()->index == 0;
      out.of.result.val = to_oracle_payload(value, type);
      return;
    default: {
      CHECK(type.kind() == Kind::kFlags, "the oracle knows no handles");
      const std::uint32_t bits = value.as<Value::Flags>()->bits;
      out.kind = WASMTIME_COMPONENT_FLAGS;
      wasmtime_component_valflags_new_uninit(&out.of.flags,
                                             static_cast<std::size_t>(__builtin_popcount(bits)));
      for (std::size_t i = 0, place = 0; i < members.size(); ++i) {
        if ((bits >> i & 1) != 0) set_name(out.of.flags.data[place++], members[i].name);
      }
      return;
    }
  }
}

/// A new value of wasmtime's; the caller deletes or hands on what it owns.
inline wasmtime_component_val_t to_oracle(const Value& value, const Type& type) {
  wasmtime_component_val_t out{};
  const auto whole = [&] { return *value.as<std::uint64_t>(); };
  const auto signed_whole = [&] { return *value.as<std::int64_t>(); };
  // Primitive kinds have the same numbers.
  if (type.kind() <= Kind::kString) out.kind = static_cast<std::uint8_t>(type.kind());
  switch (type.kind()) {
    case Kind::kBool:
      out.of.boolean = *value.as<bool>();
      break;
    case Kind::kS8:
      out.of.s8 = static_cast<std::int8_t>(signed_whole());
      break;
    case Kind::kS16:
      out.of.s16 = static_cast<std::int16_t>(signed_whole());
      break;
    case Kind::kS32:
      out.of.s32 = static_cast<std::int32_t>(signed_whole());
      break;
    case Kind::kS64:
      out.of.s64 = signed_whole();
      break;
    case Kind::kU8:
      out.of.u8 = static_cast<std::uint8_t>(whole());
      break;
    case Kind::kU16:
      out.of.u16 = static_cast<std::uint16_t>(whole());
      break;
    case Kind::kU32:
      out.of.u32 = static_cast<std::uint32_t>(whole());
      break;
    case Kind::kU64:
      out.of.u64 = whole();
      break;
    case Kind::kF32:
      out.of.f32 = *value.as<float>();
      break;
    case Kind::kF64:
      out.of.f64 = *value.as<double>();
      break;
    case Kind::kChar:
      out.of.character = *value.as<char32_t>();
      break;
    case Kind::kString:
      set_name(out.of.string, *value.as<std::string>());
      break;
    case Kind::kList:
      out.kind = WASMTIME_COMPONENT_LIST;
      to_oracle_list(value, type, out);
      break;
    default:
      to_oracle_compound(value, type, out);
      break;
  }
  return out;
}

}  // namespace theater::wasm::testing
