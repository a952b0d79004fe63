// A component, as text, that hands any WIT type back and forth in every way: as core values through
// an import, as list elements, as raw bytes out of memory and out of raw bytes.
#pragma once

#include <fmt/format.h>

#include <string>

#include "base/check.h"
#include "wasm/abi_layout.h"
#include "wasm/type.h"

namespace theater::wasm::testing {

/// Writes a type in component text; records, variants, enums and flags, which functions may only
/// use by name, become imported types in `definitions`.
class TypeText {
 public:
  std::string definitions;

  std::string of(const Type& type) {
    static constexpr const char* kPrimitives[] = {"bool", "s8",   "u8",    "s16", "u16",
                                                  "s32",  "u32",  "s64",   "u64", "f32",
                                                  "f64",  "char", "string"};
    if (type.kind() <= Kind::kString) return kPrimitives[static_cast<std::size_t>(type.kind())];
    switch (type.kind()) {
      case Kind::kList:
        return fmt::format("(list {})", of(type.element()));
      case Kind::kOption:
        return fmt::format("(option {})", of(type.element()));
      case Kind::kTuple:
        return "(tuple" + parts(type, "") + ")";
      case Kind::kResult:
        return result(type);
      case Kind::kRecord:
        return named("(record" + parts(type, "field") + ")");
      case Kind::kVariant:
        return named("(variant" + parts(type, "case") + ")");
      case Kind::kEnum:
        return named("(enum" + labels(type) + ")");
      case Kind::kFlags:
        return named("(flags" + labels(type) + ")");
      default:
        CHECK(type.kind() <= Kind::kString, "handles have no text here");
        return "";
    }
  }

 private:
  std::string parts(const Type& type, std::string_view word) {
    std::string text;
    for (const Member& member : type.members()) {
      const std::string inner = member.type ? " " + of(*member.type) : "";
      text += word.empty() ? inner : fmt::format(" ({} \"{}\"{})", word, member.name, inner);
    }
    return text;
  }
  static std::string labels(const Type& type) {
    std::string text;
    for (const Member& member : type.members()) text += fmt::format(" \"{}\"", member.name);
    return text;
  }
  std::string result(const Type& type) {
    const std::vector<Member>& members = type.members();
    std::string text = "(result";
    if (members[0].type) text += " " + of(*members[0].type);
    if (members[1].type) text += fmt::format(" (error {})", of(*members[1].type));
    return text + ")";
  }
  std::string named(const std::string& definition) {
    const std::size_t number = count_++;
    definitions += fmt::format("(type $d{0} {1}) (import \"t{0}\" (type $t{0} (eq $d{0})))\n",
                               number, definition);
    return fmt::format("$t{}", number);
  }

  std::size_t count_ = 0;
};

inline std::string core_list(std::string_view word, std::span<const CoreType> types) {
  static constexpr const char* kNames[] = {"i32", "i64", "f32", "f64"};
  if (types.empty()) return "";
  std::string text = fmt::format("({}", word);
  for (const CoreType type : types) text += fmt::format(" {}", kNames[static_cast<int>(type)]);
  return text + ")";
}

/// The body of "flat": the parameters go to ping as they are, the result comes back.
inline std::string forwarding(const FunctionLayout& layout) {
  const std::size_t parameters = layout.export_parameters().size();
  const bool spilled = layout.import_parameters().size() > parameters;
  std::string text;
  for (std::size_t i = 0; i < parameters; ++i) text += fmt::format("(local.get {})", i);
  const std::string_view place = spilled ? "(i32.const 65536)" : "";
  return fmt::format("{}{}(call $ping){}", text, place, place);
}

/// The text of the component for `type` and a string encoding ("utf8", "utf16", "latin1+utf16").
/// Exports: flat (type) -> type through import "ping" of the same type; list (list<type>) -> the
/// same; raw (list<type>) -> the elements' bytes; cook (bytes, count) -> count elements.
inline std::string echo_component(const Type& type, std::string_view encoding) {
  FunctionType function;
  function.parameters.push_back({"x", type});
  function.result = type;
  const FunctionLayout layout = FunctionLayout::compile(function).value();
  const LayoutNode& node = layout.node(layout.result());
  TypeText types;
  const std::string text = types.of(type);
  return fmt::format(R"((component
  {definitions}
  (import "ping" (func $ping (param "x" {type}) (result {type})))
  (core module $libc (memory (export "memory") 64)
    (global $p (mut i32) (i32.const 1048576))
    (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32)
        (result i32) (local $r i32)
      (if (i32.and (i32.ne (local.get $old) (i32.const 0))
            (i32.le_u (local.get $new) (local.get $size))) (then (return (local.get $old))))
      (local.set $r (i32.and (i32.const -8) (i32.add (i32.const 7) (global.get $p))))
      (global.set $p (i32.add (local.get $r) (local.get $new)))
      (memory.copy (local.get $r) (local.get $old) (local.get $size))
      (local.get $r)))
  (core instance $libc (instantiate $libc))
  (core func $ping (canon lower (func $ping) string-encoding={encoding}
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m (import "libc" "memory" (memory 1))
    (import "h" "ping" (func $ping {ping_parameters} {ping_results}))
    (func $pair (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "flat") {flat_parameters} {flat_results} {forward})
    (func (export "list") (param i32 i32) (result i32) (call $pair (local.get 0) (local.get 1)))
    (func (export "raw") (param i32 i32) (result i32)
      (call $pair (local.get 0) (i32.mul (local.get 1) (i32.const {size}))))
    (func (export "cook") (param i32 i32 i32) (result i32)
      (call $pair (local.get 0) (local.get 2))))
  (core instance $m (instantiate $m (with "libc" (instance $libc))
    (with "h" (instance (export "ping" (func $ping))))))
  (func (export "flat") (param "x" {type}) (result {type})
    (canon lift (core func $m "flat") string-encoding={encoding}
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "list") (param "x" (list {type})) (result (list {type}))
    (canon lift (core func $m "list") string-encoding={encoding}
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "raw") (param "x" (list {type})) (result (list u8))
    (canon lift (core func $m "raw") string-encoding={encoding}
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "cook") (param "b" (list u8)) (param "n" u32) (result (list {type}))
    (canon lift (core func $m "cook") string-encoding={encoding}
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))))",
                     fmt::arg("definitions", types.definitions), fmt::arg("type", text),
                     fmt::arg("encoding", encoding), fmt::arg("forward", forwarding(layout)),
                     fmt::arg("size", node.size),
                     fmt::arg("ping_parameters", core_list("param", layout.import_parameters())),
                     fmt::arg("ping_results", core_list("result", layout.import_results())),
                     fmt::arg("flat_parameters", core_list("param", layout.export_parameters())),
                     fmt::arg("flat_results", core_list("result", layout.export_results())));
}

/// Bytes of one element in memory.
inline std::size_t element_size(const Type& type) {
  FunctionType function;
  function.result = type;
  const FunctionLayout layout = FunctionLayout::compile(function).value();
  return layout.node(layout.result()).size;
}

}  // namespace theater::wasm::testing
