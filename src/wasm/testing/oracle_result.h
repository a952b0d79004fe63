// Results of the oracle: from wasmtime's own component values to Value.
#pragma once

#include <wasmtime.h>
#include <wasmtime/component.h>

#include <bit>
#include <string>

#include "wasm/binary_writer.h"
#include "wasm/type.h"
#include "wasm/value.h"

namespace theater::wasm::testing {

inline Value from_oracle(const wasmtime_component_val_t& value, const Type& type);

inline std::string text_of(const wasm_name_t& name) { return {name.data, name.size}; }

inline Value choice_of(std::size_t index, const wasmtime_component_val_t* payload,
                       const Type& type) {
  const auto place = static_cast<std::uint32_t>(index);
  if (payload == nullptr) return Value::choice(place);
  return Value::choice(place, from_oracle(*payload, *type.members()[index].type));
}

inline Value from_oracle_compound(const wasmtime_component_val_t& value, const Type& type) {
  const std::vector<Member>& members = type.members();
  Value::Items items;
  switch (type.kind()) {
    case Kind::kList:
      if (type.is_bytes()) {
        Bytes bytes;
        for (std::size_t i = 0; i < value.of.list.size; ++i) {
          bytes.push_back(value.of.list.data[i].of.u8);
        }
        return Value(std::move(bytes));
      }
      for (std::size_t i = 0; i < value.of.list.size; ++i) {
        items.push_back(from_oracle(value.of.list.data[i], type.element()));
      }
      return Value(std::move(items));
    case Kind::kRecord:
      for (std::size_t i = 0; i < members.size(); ++i) {
        items.push_back(from_oracle(value.of.record.data[i].val, *members[i].type));
      }
      return Value(std::move(items));
    case Kind::kTuple:
      for (std::size_t i = 0; i < members.size(); ++i) {
        items.push_back(from_oracle(value.of.tuple.data[i], *members[i].type));
      }
      return Value(std::move(items));
    case Kind::kVariant:
      return choice_of(*type.find_member(text_of(value.of.variant.discriminant)),
                       value.of.variant.val, type);
    case Kind::kEnum:
      return choice_of(*type.find_member(text_of(value.of.enumeration)), nullptr, type);
    case Kind::kOption:
      return choice_of(value.of.option != nullptr, value.of.option, type);
    case Kind::kResult:
      return choice_of(value.of.result.is_ok ? 0 : 1, value.of.result.val, type);
    default: {
      std::uint32_t bits = 0;
      for (std::size_t i = 0; i < value.of.flags.size; ++i) {
        bits |= 1u << *type.find_member(text_of(value.of.flags.data[i]));
      }
      return Value(Value::Flags{bits});
    }
  }
}

/// The oracle's answer as a Value, with canonical NaNs (wasmtime hands on whichever it finds).
inline Value from_oracle(const wasmtime_component_val_t& value, const Type& type) {
  switch (type.kind()) {
    case Kind::kBool:
      return Value(value.of.boolean);
    case Kind::kS8:
      return Value(value.of.s8);
    case Kind::kS16:
      return Value(value.of.s16);
    case Kind::kS32:
      return Value(value.of.s32);
    case Kind::kS64:
      return Value(value.of.s64);
    case Kind::kU8:
      return Value(value.of.u8);
    case Kind::kU16:
      return Value(value.of.u16);
    case Kind::kU32:
      return Value(value.of.u32);
    case Kind::kU64:
      return Value(value.of.u64);
    case Kind::kF32:
      return Value(std::bit_cast<float>(canonical_bits(value.of.f32)));
    case Kind::kF64:
      return Value(std::bit_cast<double>(canonical_bits(value.of.f64)));
    case Kind::kChar:
      return Value(static_cast<char32_t>(value.of.character));
    case Kind::kString:
      return Value(text_of(value.of.string));
    default:
      return from_oracle_compound(value, type);
  }
}

}  // namespace theater::wasm::testing
