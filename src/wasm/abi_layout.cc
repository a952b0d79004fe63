// Layout computation: despecialised alignment, size, discriminants and flattening.
#include "wasm/abi_layout.h"

#include <algorithm>
#include <map>

#include "wasm/value_limits.h"

namespace theater::wasm {

namespace {

constexpr std::uint64_t align_to(std::uint64_t place, std::uint64_t alignment) {
  return (place + alignment - 1) / alignment * alignment;
}

CoreType join(CoreType a, CoreType b) {
  if (a == b) return a;
  const auto narrow = [](CoreType t) { return t == CoreType::kI32 || t == CoreType::kF32; };
  return narrow(a) && narrow(b) ? CoreType::kI32 : CoreType::kI64;
}

std::uint8_t discriminant_bytes(std::size_t cases) {
  return cases <= 0x100 ? 1 : cases <= 0x10000 ? 2 : 4;
}

/// Core types being gathered; more than fit in a call are only known to be too many.
struct CoreList {
  std::vector<CoreType> types;
  bool too_many = false;

  void append(std::span<const CoreType> more) {
    if (types.size() + more.size() > kFlatParametersMax) too_many = true;
    if (!too_many) types.insert(types.end(), more.begin(), more.end());
  }
};

}  // namespace

/// Fills one FunctionLayout. Types that share a node share its layout.
class LayoutBuilder {
 public:
  explicit LayoutBuilder(FunctionLayout& layout) : layout_(layout) {}

  Result<std::uint32_t> add(const Type& type) {
    const auto key = std::pair{type.kind(), type.identity()};
    if (const auto known = made_.find(key); known != made_.end()) return known->second;
    TRY(const std::uint32_t made, make(type));
    made_.emplace(key, made);
    return made;
  }

  /// The tuple of all parameters; unlike a WIT tuple it may be empty.
  Result<std::uint32_t> add_parameters(const std::vector<Parameter>& parameters) {
    std::vector<Type> types;
    for (const Parameter& parameter : parameters) types.push_back(parameter.type);
    return add_fields(Type::tuple(types));
  }

  std::span<const CoreType> core_types(std::uint32_t index) const {
    const LayoutNode& node = layout_.nodes_[index];
    if (node.core_count == kTooManyCore) return {};
    return {layout_.core_types(node), node.core_count};
  }

 private:
  Result<std::uint32_t> make(const Type& type) {
    switch (type.kind()) {
      case Kind::kList:
        return add_list(type);
      case Kind::kRecord:
      case Kind::kTuple:
        if (type.members().empty()) return forbidden(type, "has no fields");
        return add_fields(type);
      case Kind::kVariant:
      case Kind::kEnum:
      case Kind::kOption:
      case Kind::kResult:
        if (type.members().empty()) return forbidden(type, "has no cases");
        return add_cases(type);
      case Kind::kFlags:
        if (type.members().empty()) return forbidden(type, "has no labels");
        if (type.members().size() > kFlagsMax) return forbidden(type, "has over 32 labels");
        return add_flags(type);
      default:
        return add_scalar(type);
    }
  }

  std::unexpected<Error> forbidden(const Type& type, std::string_view why) {
    return fail(Code::kUnsupported, "type {} {}", to_wit(type), why);
  }

  Result<std::uint32_t> add_scalar(const Type& type) {
    struct Scalar {
      std::uint8_t size;
      CoreType core;
    };
    const auto scalar = [](Kind kind) -> Scalar {
      switch (kind) {
        case Kind::kBool:
        case Kind::kS8:
        case Kind::kU8:
          return {1, CoreType::kI32};
        case Kind::kS16:
        case Kind::kU16:
          return {2, CoreType::kI32};
        case Kind::kS64:
        case Kind::kU64:
          return {8, CoreType::kI64};
        case Kind::kF32:
          return {4, CoreType::kF32};
        case Kind::kF64:
          return {8, CoreType::kF64};
        default:
          return {4, CoreType::kI32};  // s32, u32, char, own, borrow; string: see below
      }
    }(type.kind());
    LayoutNode node{.kind = type.kind(), .alignment = scalar.size, .size = scalar.size};
    CoreList core{{scalar.core}};
    if (type.kind() == Kind::kString) {
      node.size = 8;
      core.types.push_back(CoreType::kI32);
    }
    if (type.kind() == Kind::kOwn || type.kind() == Kind::kBorrow) node.resource = type.resource();
    return finish(node, {}, core);
  }

  Result<std::uint32_t> add_list(const Type& type) {
    TRY(const std::uint32_t element, add(type.element()));
    LayoutNode node{.kind = Kind::kList, .alignment = 4, .size = 8};
    return finish(node, {{element, 0}}, {{CoreType::kI32, CoreType::kI32}});
  }

  Result<std::uint32_t> add_flags(const Type& type) {
    const std::size_t count = type.members().size();
    const std::uint8_t size = count <= 8 ? 1 : count <= 16 ? 2 : 4;
    LayoutNode node{.kind = Kind::kFlags, .alignment = size, .size = size};
    node.label_count = static_cast<std::uint32_t>(count);
    return finish(node, {}, {{CoreType::kI32}});
  }

  Result<std::uint32_t> add_fields(const Type& type) {
    LayoutNode node{.kind = Kind::kRecord, .alignment = 1, .size = 0};
    std::vector<LayoutPart> parts;
    CoreList core;
    std::uint64_t end = 0;
    for (const Member& field : type.members()) {
      TRY(const std::uint32_t index, add(*field.type));
      const LayoutNode& inner = layout_.nodes_[index];
      const std::uint64_t offset = align_to(end, inner.alignment);
      end = offset + inner.size;
      if (end > kElementBytesMax) return too_large(type);
      parts.push_back({index, static_cast<std::uint32_t>(offset)});
      node.alignment = std::max(node.alignment, inner.alignment);
      core.too_many |= inner.core_count == kTooManyCore;
      core.append(core_types(index));
    }
    end = align_to(end, node.alignment);
    if (end > kElementBytesMax) return too_large(type);
    node.size = static_cast<std::uint32_t>(end);
    return finish(node, parts, core);
  }

  Result<std::uint32_t> add_cases(const Type& type) {
    LayoutNode node{.kind = Kind::kVariant};
    node.discriminant_bytes = discriminant_bytes(type.members().size());
    std::vector<LayoutPart> parts;
    CoreList core;
    std::uint64_t payload_alignment = 1;
    std::uint64_t payload_size = 0;
    for (const Member& one : type.members()) {
      if (!one.type) {
        parts.push_back({kNoNode, 0});
        continue;
      }
      TRY(const std::uint32_t index, add(*one.type));
      const LayoutNode& inner = layout_.nodes_[index];
      parts.push_back({index, 0});
      payload_alignment = std::max<std::uint64_t>(payload_alignment, inner.alignment);
      payload_size = std::max<std::uint64_t>(payload_size, inner.size);
      core.too_many |= inner.core_count == kTooManyCore;
      join_into(core.types, core_types(index));
    }
    core.types.insert(core.types.begin(), CoreType::kI32);
    core.too_many |= core.types.size() > kFlatParametersMax;
    const std::uint64_t alignment =
        std::max<std::uint64_t>(node.discriminant_bytes, payload_alignment);
    const std::uint64_t offset = align_to(node.discriminant_bytes, payload_alignment);
    const std::uint64_t size = align_to(offset + payload_size, alignment);
    if (size > kElementBytesMax) return too_large(type);
    node.alignment = static_cast<std::uint8_t>(alignment);
    node.payload_offset = static_cast<std::uint32_t>(offset);
    node.size = static_cast<std::uint32_t>(size);
    return finish(node, parts, core);
  }

  static void join_into(std::vector<CoreType>& joined, std::span<const CoreType> payload) {
    for (std::size_t i = 0; i < payload.size(); ++i) {
      if (i < joined.size()) {
        joined[i] = join(joined[i], payload[i]);
      } else {
        joined.push_back(payload[i]);
      }
    }
  }

  std::unexpected<Error> too_large(const Type& type) {
    return fail(Code::kTooLarge, "a value of a {} takes over {} bytes of guest memory",
                type.kind() == Kind::kRecord ? "record" : "compound type", kElementBytesMax);
  }

  Result<std::uint32_t> finish(LayoutNode node, const std::vector<LayoutPart>& parts,
                               const CoreList& core) {
    if (layout_.nodes_.size() >= kLayoutNodesMax ||
        layout_.parts_.size() + parts.size() > kLayoutNodesMax) {
      return fail(Code::kTooLarge, "a function's types have over {} parts", kLayoutNodesMax);
    }
    node.first_part = static_cast<std::uint32_t>(layout_.parts_.size());
    node.part_count = static_cast<std::uint32_t>(parts.size());
    layout_.parts_.insert(layout_.parts_.end(), parts.begin(), parts.end());
    node.first_core = static_cast<std::uint32_t>(layout_.core_types_.size());
    node.core_count = kTooManyCore;
    if (!core.too_many) {
      node.core_count = static_cast<std::uint32_t>(core.types.size());
      layout_.core_types_.insert(layout_.core_types_.end(), core.types.begin(), core.types.end());
    }
    layout_.nodes_.push_back(node);
    return static_cast<std::uint32_t>(layout_.nodes_.size() - 1);
  }

  FunctionLayout& layout_;
  std::map<std::pair<Kind, const void*>, std::uint32_t> made_;
};

Result<FunctionLayout> FunctionLayout::compile(const FunctionType& type) {
  std::uint32_t depth = type.result ? type.result->depth() : 0;
  for (const Parameter& parameter : type.parameters) {
    depth = std::max(depth, parameter.type.depth());
  }
  if (depth > kTypeDepthMax) {
    return fail(Code::kTooLarge, "a type is nested {} deep; {} is the most", depth, kTypeDepthMax);
  }
  FunctionLayout layout;
  LayoutBuilder builder(layout);
  TRY(layout.parameters_, builder.add_parameters(type.parameters));
  if (type.result) {
    TRY(layout.result_, builder.add(*type.result));
  }

  const auto parameters = builder.core_types(layout.parameters_);
  layout.parameters_spilled_ = layout.node(layout.parameters_).core_count == kTooManyCore;
  layout.export_parameters_.assign(parameters.begin(), parameters.end());
  if (layout.parameters_spilled_) layout.export_parameters_ = {CoreType::kI32};
  layout.import_parameters_ = layout.export_parameters_;
  if (!type.result) return layout;

  const auto results = builder.core_types(layout.result_);
  layout.result_spilled_ = layout.node(layout.result_).core_count > kFlatResultsMax;
  if (layout.result_spilled_) {
    layout.export_results_ = {CoreType::kI32};
    layout.import_parameters_.push_back(CoreType::kI32);
  } else {
    layout.export_results_.assign(results.begin(), results.end());
    layout.import_results_ = layout.export_results_;
  }
  return layout;
}

}  // namespace theater::wasm
