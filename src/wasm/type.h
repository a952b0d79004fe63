// Type and FunctionType: WIT value types as the host sees them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace theater::wasm {

enum class Kind : std::uint8_t {
  kBool,
  kS8,
  kU8,
  kS16,
  kU16,
  kS32,
  kU32,
  kS64,
  kU64,
  kF32,
  kF64,
  kChar,
  kString,  // primitive
  kList,
  kRecord,
  kTuple,
  kVariant,
  kEnum,
  kOption,
  kResult,
  kFlags,
  kOwn,
  kBorrow,
};

struct Member;

/// A WIT value type. Immutable and shared (the nodes form a tree that many types may use; hence
/// shared_ptr inside), cheap to copy, usable from any thread. Equality is structural and includes
/// the names of fields, cases and labels; resources are equal by index.
///
/// All compound kinds have members, numbered as in the WIT declaration:
///   list: 1 (the element)          record: its fields      tuple: its elements, nameless
///   variant: its cases             enum, flags: labels, without a type
///   option: "none", "some"         result: "ok", "error"
class Type {
 public:
  /// bool.
  Type() = default;
  /// A primitive type; CHECKs that `kind` is one.
  Type(Kind kind);  // NOLINT: Kind::kU8 reads as a type

  static Type list(Type element);
  static Type record(std::vector<Member> fields);
  static Type tuple(const std::vector<Type>& elements);
  static Type variant(std::vector<Member> cases);
  static Type enumeration(const std::vector<std::string>& labels);
  static Type option(Type some);
  static Type result(std::optional<Type> ok, std::optional<Type> error);
  static Type flags(const std::vector<std::string>& labels);
  /// Handles of resource `resource` (an index into the component's resources); `name` is for
  /// people.
  static Type own(std::uint32_t resource, std::string name);
  static Type borrow(std::uint32_t resource, std::string name);

  Kind kind() const { return kind_; }
  /// list<u8>, whose value is raw bytes.
  bool is_bytes() const;

  /// Members; see above. Empty for primitives and handles.
  const std::vector<Member>& members() const;
  /// The type of list elements, or of an option's payload. CHECKs the kind.
  const Type& element() const;
  /// The member called `name`, if any.
  std::optional<std::size_t> find_member(std::string_view name) const;
  /// Resource of a handle. CHECKs the kind.
  std::uint32_t resource() const;
  const std::string& resource_name() const;

  /// 1 for primitives, one more than the deepest member otherwise; see kTypeDepthMax.
  std::uint32_t depth() const;
  /// Identity of the shared node (null for primitives): equal pointers mean equal types.
  const void* identity() const { return node_.get(); }

  friend bool operator==(const Type& a, const Type& b);

 private:
  struct Node;
  Type(Kind kind, std::shared_ptr<const Node> node) : kind_(kind), node_(std::move(node)) {}
  static Type compound(Kind kind, std::vector<Member> members);
  static Type handle(Kind kind, std::uint32_t resource, std::string name);

  Kind kind_ = Kind::kBool;
  std::shared_ptr<const Node> node_;
};

/// A field, case, element or label. `type` is absent for labels and for cases without a payload.
struct Member {
  std::string name;
  std::optional<Type> type;
  bool operator==(const Member&) const = default;
};

/// A parameter of a function.
struct Parameter {
  std::string name;
  Type type;
  bool operator==(const Parameter&) const = default;
};

/// A WIT function type.
struct FunctionType {
  std::vector<Parameter> parameters;
  std::optional<Type> result;
  bool operator==(const FunctionType&) const = default;
};

/// WIT syntax, for people. Records, variants, enums and flags, which WIT only knows by name, print
/// in place: `record { id: u64 }`.
std::string to_wit(const Type& type);
std::string to_wit(const FunctionType& type);

}  // namespace theater::wasm
