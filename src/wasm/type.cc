// Type nodes, structural equality and printing in WIT syntax.
#include "wasm/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "wasm/value_limits.h"

namespace theater::wasm {

struct Type::Node {
  std::vector<Member> members;
  std::uint32_t resource = 0;
  std::string resource_name;
  std::uint32_t depth = 1;
};

Type::Type(Kind kind) : kind_(kind) {
  CHECK(kind <= Kind::kString, "Type(Kind) makes primitive types");
}

Type Type::compound(Kind kind, std::vector<Member> members) {
  auto node = std::make_shared<Node>();
  for (const Member& member : members) {
    if (member.type) node->depth = std::max(node->depth, member.type->depth() + 1);
  }
  node->members = std::move(members);
  return Type(kind, std::move(node));
}

Type Type::handle(Kind kind, std::uint32_t resource, std::string name) {
  auto node = std::make_shared<Node>();
  node->resource = resource;
  node->resource_name = std::move(name);
  return Type(kind, std::move(node));
}

namespace {

std::vector<Member> labels_only(const std::vector<std::string>& labels) {
  std::vector<Member> members;
  members.reserve(labels.size());
  for (const std::string& label : labels) members.push_back({label, std::nullopt});
  return members;
}

}  // namespace

Type Type::list(Type element) { return compound(Kind::kList, {{"", std::move(element)}}); }

Type Type::record(std::vector<Member> fields) {
  for (const Member& field : fields) CHECK(field.type.has_value(), "record fields have types");
  return compound(Kind::kRecord, std::move(fields));
}

Type Type::tuple(const std::vector<Type>& elements) {
  std::vector<Member> members;
  members.reserve(elements.size());
  for (const Type& element : elements) members.push_back({"", element});
  return compound(Kind::kTuple, std::move(members));
}

Type Type::variant(std::vector<Member> cases) { return compound(Kind::kVariant, std::move(cases)); }

Type Type::enumeration(const std::vector<std::string>& labels) {
  return compound(Kind::kEnum, labels_only(labels));
}

Type Type::option(Type some) {
  return compound(Kind::kOption, {{"none", std::nullopt}, {"some", std::move(some)}});
}

Type Type::result(std::optional<Type> ok, std::optional<Type> error) {
  return compound(Kind::kResult, {{"ok", std::move(ok)}, {"error", std::move(error)}});
}

Type Type::flags(const std::vector<std::string>& labels) {
  return compound(Kind::kFlags, labels_only(labels));
}

Type Type::own(std::uint32_t resource, std::string name) {
  return handle(Kind::kOwn, resource, std::move(name));
}

Type Type::borrow(std::uint32_t resource, std::string name) {
  return handle(Kind::kBorrow, resource, std::move(name));
}

bool Type::is_bytes() const { return kind_ == Kind::kList && element().kind() == Kind::kU8; }

const std::vector<Member>& Type::members() const {
  static const std::vector<Member> kNone;
  return node_ ? node_->members : kNone;
}

const Type& Type::element() const {
  CHECK(kind_ == Kind::kList || kind_ == Kind::kOption, "only lists and options have an element");
  return *node_->members.back().type;
}

std::optional<std::size_t> Type::find_member(std::string_view name) const {
  const auto& all = members();
  const auto found = std::ranges::find(all, name, &Member::name);
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

std::uint32_t Type::resource() const {
  CHECK(kind_ == Kind::kOwn || kind_ == Kind::kBorrow, "only handles have a resource");
  return node_->resource;
}

const std::string& Type::resource_name() const {
  CHECK(kind_ == Kind::kOwn || kind_ == Kind::kBorrow, "only handles have a resource");
  return node_->resource_name;
}

std::uint32_t Type::depth() const { return node_ ? node_->depth : 1; }

bool operator==(const Type& a, const Type& b) {
  if (a.kind_ != b.kind_) return false;
  if (a.node_ == b.node_) return true;
  return a.node_->resource == b.node_->resource && a.node_->members == b.node_->members;
}

namespace {

constexpr std::string_view kPrimitiveNames[] = {"bool", "s8",  "u8",  "s16", "u16",  "s32",   "u32",
                                                "s64",  "u64", "f32", "f64", "char", "string"};

void print(std::string& out, const Type& type);

void print_list(std::string& out, const Type& type, std::string_view separator) {
  bool first = true;
  for (const Member& member : type.members()) {
    if (out.size() > kWitBytesMax) return;
    if (!first) out += ", ";
    first = false;
    out += member.name;
    if (!member.type) continue;
    out += separator;
    print(out, *member.type);
    if (separator == "(") out += ')';
  }
}

void print_result(std::string& out, const Type& type) {
  const auto& ok = type.members()[0].type;
  const auto& error = type.members()[1].type;
  out += "result";
  if (!ok && !error) return;
  out += '<';
  if (ok) {
    print(out, *ok);
  } else {
    out += '_';
  }
  if (error) {
    out += ", ";
    print(out, *error);
  }
  out += '>';
}

void print_braced(std::string& out, std::string_view word, const Type& type) {
  out += word;
  out += " { ";
  print_list(out, type, type.kind() == Kind::kRecord ? ": " : "(");
  out += " }";
}

void print_angled(std::string& out, std::string_view word, const Type& type) {
  out += word;
  out += '<';
  if (type.kind() == Kind::kTuple) {
    print_list(out, type, "");
  } else {
    print(out, type.element());
  }
  out += '>';
}

void print_handle(std::string& out, std::string_view word, const Type& type) {
  fmt::format_to(std::back_inserter(out), "{}<", word);
  if (type.resource_name().empty()) {
    fmt::format_to(std::back_inserter(out), "resource-{}>", type.resource());
  } else {
    fmt::format_to(std::back_inserter(out), "{}>", type.resource_name());
  }
}

void print(std::string& out, const Type& type) {
  switch (type.kind()) {
    case Kind::kList:
      return print_angled(out, "list", type);
    case Kind::kTuple:
      return print_angled(out, "tuple", type);
    case Kind::kOption:
      return print_angled(out, "option", type);
    case Kind::kRecord:
      return print_braced(out, "record", type);
    case Kind::kVariant:
      return print_braced(out, "variant", type);
    case Kind::kEnum:
      return print_braced(out, "enum", type);
    case Kind::kFlags:
      return print_braced(out, "flags", type);
    case Kind::kResult:
      return print_result(out, type);
    case Kind::kOwn:
      return print_handle(out, "own", type);
    case Kind::kBorrow:
      return print_handle(out, "borrow", type);
    default:
      out += kPrimitiveNames[static_cast<std::size_t>(type.kind())];
  }
}

}  // namespace

std::string to_wit(const Type& type) {
  std::string out;
  print(out, type);
  return out;
}

std::string to_wit(const FunctionType& type) {
  std::string out = "func(";
  for (std::size_t i = 0; i < type.parameters.size(); ++i) {
    const Parameter& parameter = type.parameters[i];
    if (out.size() > kWitBytesMax) break;
    if (i > 0) out += ", ";
    if (!parameter.name.empty()) out += parameter.name + ": ";
    print(out, parameter.type);
  }
  out += ')';
  if (type.result) {
    out += " -> ";
    print(out, *type.result);
  }
  return out;
}

}  // namespace theater::wasm
