// Canonical binary to Value, and the same walk without building one.
#include "wasm/binary.h"
#include "wasm/value_limits.h"

namespace theater::wasm {

namespace {

std::uint64_t unsigned_max(Kind kind) {
  return kind == Kind::kU16 ? UINT16_MAX : kind == Kind::kU32 ? UINT32_MAX : UINT64_MAX;
}

unsigned signed_bits(Kind kind) { return kind == Kind::kS16 ? 16 : kind == Kind::kS32 ? 32 : 64; }

std::uint32_t read_flags(BinaryReader& reader, std::size_t count) {
  if (count > kFlagsMax) return reader.refuse("more than 32 flags"), 0;
  std::uint64_t bits = 0;
  for (std::size_t done = 0; done < count; done += 8) bits |= std::uint64_t{reader.byte()} << done;
  if (bits >> count != 0) return reader.refuse("unused flag bit is set"), 0;
  return static_cast<std::uint32_t>(bits);
}

std::uint32_t read_case(BinaryReader& reader, const Type& type) {
  const std::size_t count = type.members().size();
  if (count == 0) return reader.refuse("variant without cases"), 0;
  return static_cast<std::uint32_t>(reader.unsigned_number(count - 1));
}

// Both walks recurse as deep as the type and loop over at most as many elements as bytes remain;
// once the reader refuses, they unwind.

void skip(BinaryReader& reader, const Type& type);

void skip_list(BinaryReader& reader, const Type& type) {
  if (type.is_bytes()) {
    reader.bytes();
    return;
  }
  const Type& element = type.element();
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) skip(reader, element);
}

void skip(BinaryReader& reader, const Type& type) {
  switch (type.kind()) {
    case Kind::kBool:
      reader.truth();
      break;
    case Kind::kS8:
    case Kind::kU8:
      reader.byte();
      break;
    case Kind::kS16:
    case Kind::kS32:
    case Kind::kS64:
      reader.signed_number(signed_bits(type.kind()));
      break;
    case Kind::kF32:
      reader.f32();
      break;
    case Kind::kF64:
      reader.f64();
      break;
    case Kind::kChar:
      reader.character();
      break;
    case Kind::kString:
      reader.string();
      break;
    case Kind::kList:
      skip_list(reader, type);
      break;
    case Kind::kRecord:
    case Kind::kTuple:
      for (const Member& member : type.members()) skip(reader, *member.type);
      break;
    case Kind::kVariant:
    case Kind::kEnum:
    case Kind::kOption:
    case Kind::kResult: {
      const std::uint32_t index = read_case(reader, type);
      if (reader.ok() && type.members()[index].type) skip(reader, *type.members()[index].type);
      break;
    }
    case Kind::kFlags:
      read_flags(reader, type.members().size());
      break;
    default:
      reader.unsigned_number(unsigned_max(type.kind()));
      break;  // unsigned, handles
  }
}

Value read(BinaryReader& reader, const Type& type);

Value read_list(BinaryReader& reader, const Type& type) {
  if (type.is_bytes()) return Value(to_bytes(reader.bytes()));
  const Type& element = type.element();
  Value::Items items;
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    items.push_back(read(reader, element));
  }
  return Value(std::move(items));
}

Value read_fields(BinaryReader& reader, const Type& type) {
  Value::Items items;
  items.reserve(type.members().size());
  for (const Member& member : type.members()) items.push_back(read(reader, *member.type));
  return Value(std::move(items));
}

Value read_choice(BinaryReader& reader, const Type& type) {
  const std::uint32_t index = read_case(reader, type);
  if (!reader.ok() || !type.members()[index].type) return Value::choice(index);
  return Value::choice(index, read(reader, *type.members()[index].type));
}

Value read(BinaryReader& reader, const Type& type) {
  switch (type.kind()) {
    case Kind::kBool:
      return Value(reader.truth());
    case Kind::kS8:
      return Value(static_cast<std::int8_t>(reader.byte()));
    case Kind::kU8:
      return Value(reader.byte());
    case Kind::kS16:
    case Kind::kS32:
    case Kind::kS64:
      return Value(reader.signed_number(signed_bits(type.kind())));
    case Kind::kF32:
      return Value(reader.f32());
    case Kind::kF64:
      return Value(reader.f64());
    case Kind::kChar:
      return Value(reader.character());
    case Kind::kString:
      return Value(std::string(reader.string()));
    case Kind::kList:
      return read_list(reader, type);
    case Kind::kRecord:
    case Kind::kTuple:
      return read_fields(reader, type);
    case Kind::kVariant:
    case Kind::kEnum:
    case Kind::kOption:
    case Kind::kResult:
      return read_choice(reader, type);
    case Kind::kFlags:
      return Value(Value::Flags{read_flags(reader, type.members().size())});
    case Kind::kOwn:
    case Kind::kBorrow:
      return Value(Value::Handle{reader.unsigned_number(UINT64_MAX)});
    default:
      return Value(reader.unsigned_number(unsigned_max(type.kind())));
  }
}

Status depth_allowed(const Type& type) {
  if (type.depth() <= kTypeDepthMax) return {};
  return fail(Code::kTooLarge, "type is nested {} deep; {} is the most", type.depth(),
              kTypeDepthMax);
}

}  // namespace

Result<Value> decode(ByteSpan bytes, const Type& type) {
  TRY_OK(depth_allowed(type));
  BinaryReader reader(bytes);
  Value value = read(reader, type);
  TRY_OK(reader.finish());
  return value;
}

Status validate(ByteSpan bytes, const Type& type) {
  TRY_OK(depth_allowed(type));
  BinaryReader reader(bytes);
  skip(reader, type);
  return reader.finish();
}

Result<std::vector<Value>> decode_arguments(ByteSpan bytes, const FunctionType& type) {
  BinaryReader reader(bytes);
  std::vector<Value> values;
  for (const Parameter& parameter : type.parameters) {
    TRY_OK(depth_allowed(parameter.type));
    values.push_back(read(reader, parameter.type));
  }
  TRY_OK(reader.finish());
  return values;
}

Status validate_arguments(ByteSpan bytes, const FunctionType& type) {
  BinaryReader reader(bytes);
  for (const Parameter& parameter : type.parameters) {
    TRY_OK(depth_allowed(parameter.type));
    skip(reader, parameter.type);
  }
  return reader.finish();
}

Status validate_result(ByteSpan bytes, const FunctionType& type) {
  if (type.result) return validate(bytes, *type.result);
  return BinaryReader(bytes).finish();
}

}  // namespace theater::wasm
