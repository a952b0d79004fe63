// Layouts: sizes, alignments, offsets and core types of a function's types, computed once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "wasm/type.h"

namespace theater::wasm {

enum class CoreType : std::uint8_t { kI32, kI64, kF32, kF64 };

/// How the guest holds a value of one type.
struct LayoutNode {
  Kind kind = Kind::kBool;
  std::uint8_t alignment = 1;
  std::uint8_t discriminant_bytes = 0;  // variant-like kinds
  std::uint32_t size = 1;               // in memory
  std::uint32_t payload_offset = 0;     // variant-like kinds
  std::uint32_t first_part = 0;         // into Layout::parts
  std::uint32_t part_count = 0;         // fields, cases, 1 for a list
  std::uint32_t first_core = 0;         // into Layout::core_types
  std::uint32_t core_count = 0;         // kTooManyCore: does not travel as core values
  std::uint32_t label_count = 0;        // flags
  std::uint32_t resource = 0;           // handles
};
inline constexpr std::uint32_t kTooManyCore = 0xffffffff;

/// A field, case or element of a node.
struct LayoutPart {
  std::uint32_t node = 0;    // kNoNode: a case without payload
  std::uint32_t offset = 0;  // of a field, from its record
};
inline constexpr std::uint32_t kNoNode = 0xffffffff;

/// The layouts of a function's parameters (as one tuple) and result. Immutable; any thread.
class FunctionLayout {
 public:
  /// Refuses (kUnsupported, kTooLarge) types beyond the limits of value_limits.h and types the
  /// specification forbids: empty records, variants or flags, over 32 flags.
  static Result<FunctionLayout> compile(const FunctionType& type);

  /// The core signature of the lifted (exported) function ...
  std::span<const CoreType> export_parameters() const { return export_parameters_; }
  std::span<const CoreType> export_results() const { return export_results_; }
  /// ... and of the lowered (imported) one: a spilled result adds a return pointer parameter.
  std::span<const CoreType> import_parameters() const { return import_parameters_; }
  std::span<const CoreType> import_results() const { return import_results_; }

  bool parameters_spilled() const { return parameters_spilled_; }
  bool result_spilled() const { return result_spilled_; }
  bool has_result() const { return result_ != kNoNode; }

  /// Node of the tuple of all parameters, and of the result; kNoNode when there is none.
  std::uint32_t parameters() const { return parameters_; }
  std::uint32_t result() const { return result_; }
  const LayoutNode& node(std::uint32_t index) const { return nodes_[index]; }
  const LayoutPart* parts(const LayoutNode& of) const { return parts_.data() + of.first_part; }
  const CoreType* core_types(const LayoutNode& of) const {
    return core_types_.data() + of.first_core;
  }

 private:
  friend class LayoutBuilder;
  FunctionLayout() = default;

  std::vector<LayoutNode> nodes_;
  std::vector<LayoutPart> parts_;
  std::vector<CoreType> core_types_;
  std::uint32_t parameters_ = kNoNode;
  std::uint32_t result_ = kNoNode;
  bool parameters_spilled_ = false;
  bool result_spilled_ = false;
  std::vector<CoreType> export_parameters_;
  std::vector<CoreType> export_results_;
  std::vector<CoreType> import_parameters_;
  std::vector<CoreType> import_results_;
};

}  // namespace theater::wasm
