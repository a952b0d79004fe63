// Value to canonical binary.
#include <limits>

#include "wasm/binary.h"
#include "wasm/utf8.h"
#include "wasm/value_limits.h"

namespace theater::wasm {

namespace {

std::unexpected<Error> misfit(const Type& type) {
  return fail(Code::kInvalid, "value does not fit {}", to_wit(type));
}

struct Range {
  std::int64_t low;
  std::uint64_t high;
};

Range range_of(Kind kind) {
  switch (kind) {
    case Kind::kS8:
      return {INT8_MIN, INT8_MAX};
    case Kind::kS16:
      return {INT16_MIN, INT16_MAX};
    case Kind::kS32:
      return {INT32_MIN, INT32_MAX};
    case Kind::kS64:
      return {INT64_MIN, INT64_MAX};
    case Kind::kU8:
      return {0, UINT8_MAX};
    case Kind::kU16:
      return {0, UINT16_MAX};
    case Kind::kU32:
      return {0, UINT32_MAX};
    default:
      return {0, UINT64_MAX};
  }
}

/// Encodes one value tree. Recursion is bounded by the type's depth.
class Encoder {
 public:
  explicit Encoder(Bytes& out) : writer_(out) {}

  Status encode(const Value& value, const Type& type) {
    switch (type.kind()) {
      case Kind::kS8:
      case Kind::kS16:
      case Kind::kS32:
      case Kind::kS64:
        return signed_number(value, type);
      case Kind::kU8:
      case Kind::kU16:
      case Kind::kU32:
      case Kind::kU64:
        return unsigned_number(value, type);
      case Kind::kList:
        return list(value, type);
      case Kind::kRecord:
      case Kind::kTuple:
        return fields(value, type);
      case Kind::kVariant:
      case Kind::kEnum:
      case Kind::kOption:
      case Kind::kResult:
        return choice(value, type);
      case Kind::kFlags:
        return flags(value, type);
      default:
        return scalar(value, type);
    }
  }

 private:
  Status signed_number(const Value& value, const Type& type) {
    const auto* number = value.as<std::int64_t>();
    const Range range = range_of(type.kind());
    if (!number || *number < range.low || *number > static_cast<std::int64_t>(range.high)) {
      return misfit(type);
    }
    if (type.kind() == Kind::kS8) {
      writer_.byte(static_cast<std::uint8_t>(*number));
    } else {
      writer_.signed_number(*number);
    }
    return {};
  }

  Status unsigned_number(const Value& value, const Type& type) {
    const auto* number = value.as<std::uint64_t>();
    if (!number || *number > range_of(type.kind()).high) return misfit(type);
    if (type.kind() == Kind::kU8) {
      writer_.byte(static_cast<std::uint8_t>(*number));
    } else {
      writer_.unsigned_number(*number);
    }
    return {};
  }

  Status scalar(const Value& value, const Type& type) {
    const Kind kind = type.kind();
    if (const auto* truth = value.as<bool>(); truth && kind == Kind::kBool) {
      writer_.byte(*truth ? 1 : 0);
    } else if (const auto* single = value.as<float>(); single && kind == Kind::kF32) {
      writer_.f32(*single);
    } else if (const auto* twice = value.as<double>(); twice && kind == Kind::kF64) {
      writer_.f64(*twice);
    } else if (const auto* character = value.as<char32_t>();
               character && kind == Kind::kChar && is_scalar_value(*character)) {
      writer_.character(*character);
    } else if (const auto* text = value.as<std::string>();
               text && kind == Kind::kString && is_valid_utf8(as_bytes(*text))) {
      writer_.string(*text);
    } else if (const auto* handle = value.as<Value::Handle>();
               handle && (kind == Kind::kOwn || kind == Kind::kBorrow)) {
      writer_.unsigned_number(handle->id);
    } else {
      return misfit(type);
    }
    return {};
  }

  Status list(const Value& value, const Type& type) {
    if (type.is_bytes()) {
      const auto* bytes = value.as<Bytes>();
      if (!bytes) return misfit(type);
      writer_.bytes(*bytes);
      return {};
    }
    const auto* items = value.as<Value::Items>();
    if (!items) return misfit(type);
    writer_.unsigned_number(items->size());
    for (const Value& item : *items) TRY_OK(encode(item, type.element()));
    return {};
  }

  Status fields(const Value& value, const Type& type) {
    const auto* items = value.as<Value::Items>();
    const auto& members = type.members();
    if (!items || items->size() != members.size()) return misfit(type);
    for (std::size_t i = 0; i < members.size(); ++i) {
      TRY_OK(encode((*items)[i], *members[i].type));
    }
    return {};
  }

  Status choice(const Value& value, const Type& type) {
    const auto* choice = value.as<Value::Choice>();
    const auto& members = type.members();
    if (!choice || choice->index >= members.size()) return misfit(type);
    const auto& payload = members[choice->index].type;
    if (choice->payload.size() != (payload ? 1u : 0u)) return misfit(type);
    writer_.unsigned_number(choice->index);
    return payload ? encode(choice->payload[0], *payload) : Status{};
  }

  Status flags(const Value& value, const Type& type) {
    const auto* flags = value.as<Value::Flags>();
    const std::size_t count = type.members().size();
    if (!flags || count > kFlagsMax || std::uint64_t{flags->bits} >> count != 0) {
      return misfit(type);
    }
    for (std::size_t done = 0; done < count; done += 8) {
      writer_.byte(static_cast<std::uint8_t>(flags->bits >> done));
    }
    return {};
  }

  BinaryWriter writer_;
};

}  // namespace

Result<Bytes> encode(const Value& value, const Type& type) {
  if (type.depth() > kTypeDepthMax) return fail(Code::kTooLarge, "type is nested too deep");
  Bytes out;
  TRY_OK(Encoder(out).encode(value, type));
  return out;
}

Result<Bytes> encode_arguments(const std::vector<Value>& values, const FunctionType& type) {
  if (values.size() != type.parameters.size()) {
    return fail(Code::kInvalid, "{} arguments for {} parameters of {}", values.size(),
                type.parameters.size(), to_wit(type));
  }
  Bytes out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Parameter& parameter = type.parameters[i];
    auto one = encode(values[i], parameter.type);
    if (!one) return fail_in(one.error(), parameter.name);
    append(out, *one);
  }
  return out;
}

}  // namespace theater::wasm
