// Values to WAVE text.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "wasm/utf8.h"
#include "wasm/wave.h"
#include "wasm/wave_words.h"

namespace theater::wasm {

namespace {

/// Prints one value tree; recursion is as deep as the type.
class Printer {
 public:
  void print(const Value& value, const Type& type) {
    switch (type.kind()) {
      case Kind::kList:
        return list(value, type);
      case Kind::kRecord:
        return record(value, type);
      case Kind::kTuple:
        return tuple(value, type);
      case Kind::kFlags:
        return flags(value, type);
      case Kind::kVariant:
      case Kind::kEnum:
        return choice(value, type);
      case Kind::kOption:
      case Kind::kResult:
        return keyword_choice(value, type);
      default:
        return scalar(value, type.kind());
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void text(std::string_view more) { out_ += more; }
  void misfit() { text("?"); }

  template <typename T>
  void number(const T& value) {
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }

  template <typename T>
  void floating(const T& value) {
    if (std::isnan(value)) return text("nan");
    if (std::isinf(value)) return text(value < 0 ? "-inf" : "inf");
    number(value);
  }

  void scalar(const Value& value, Kind kind) {
    const bool handle_kind = kind == Kind::kOwn || kind == Kind::kBorrow;
    if (const auto* truth = value.as<bool>(); truth && kind == Kind::kBool) {
      text(*truth ? "true" : "false");
    } else if (const auto* below = value.as<std::int64_t>(); below && kind < Kind::kF32) {
      number(*below);
    } else if (const auto* whole = value.as<std::uint64_t>(); whole && kind < Kind::kF32) {
      number(*whole);
    } else if (const auto* single = value.as<float>(); single && kind == Kind::kF32) {
      floating(*single);
    } else if (const auto* twice = value.as<double>(); twice && kind == Kind::kF64) {
      floating(*twice);
    } else if (const auto* character = value.as<char32_t>(); character && kind == Kind::kChar) {
      text("'");
      letter(*character, U'\'');
      text("'");
    } else if (const auto* string = value.as<std::string>(); string && kind == Kind::kString) {
      quoted(*string);
    } else if (const auto* handle = value.as<Value::Handle>(); handle && handle_kind) {
      fmt::format_to(std::back_inserter(out_), "#{}", handle->id);
    } else {
      misfit();
    }
  }

  void letter(char32_t scalar, char32_t quote) {
    if (scalar == U'\n') return text("\\n");
    if (scalar == U'\r') return text("\\r");
    if (scalar == U'\t') return text("\\t");
    if (scalar < 0x20 || scalar == 0x7f || !is_scalar_value(scalar)) {
      fmt::format_to(std::back_inserter(out_), "\\u{{{:x}}}", static_cast<std::uint32_t>(scalar));
      return;
    }
    if (scalar == quote || scalar == U'\\') out_ += '\\';
    std::uint8_t buffer[4];
    out_.append(reinterpret_cast<const char*>(buffer), encode_scalar(scalar, buffer));
  }

  void quoted(const std::string& string) {
    const ByteSpan bytes = as_bytes(string);
    const std::uint8_t* const end = bytes.data() + bytes.size();
    out_ += '"';
    for (const std::uint8_t* cursor = bytes.data(); cursor != end;) {
      const DecodedScalar decoded = decode_scalar(cursor, end);
      letter(decoded.length == 0 ? U'\ufffd' : decoded.scalar, U'"');
      cursor += std::max<std::uint8_t>(decoded.length, 1);
    }
    out_ += '"';
  }

  void label(const std::string& name) {
    if (is_wave_keyword(name)) out_ += '%';
    out_ += name;
  }

  void list(const Value& value, const Type& type) {
    if (const auto* raw = value.as<Bytes>(); raw && type.is_bytes()) return bytes(*raw);
    out_ += '[';
    std::string_view separator;
    if (const auto* items = value.as<Value::Items>()) {
      for (const Value& item : *items) {
        text(std::exchange(separator, ", "));
        print(item, type.element());
      }
    } else {
      misfit();
    }
    out_ += ']';
  }

  /// b"...": printable ASCII as itself, the rest as in a string or as \\xNN.
  void bytes(const Bytes& raw) {
    text("b\"");
    for (const std::uint8_t byte : raw) {
      const bool has_letter =
          (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\r' || byte == '\t';
      if (has_letter) {
        letter(byte, U'"');
      } else {
        fmt::format_to(std::back_inserter(out_), "\\x{:02x}", byte);
      }
    }
    out_ += '"';
  }

  const Value::Items* fitting_items(const Value& value, const Type& type) {
    const auto* items = value.as<Value::Items>();
    return items && items->size() == type.members().size() ? items : nullptr;
  }

  void tuple(const Value& value, const Type& type) {
    const auto* items = fitting_items(value, type);
    if (!items) return misfit();
    out_ += '(';
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (i > 0) text(", ");
      print((*items)[i], *type.members()[i].type);
    }
    out_ += ')';
  }

  void record(const Value& value, const Type& type) {
    const auto* items = fitting_items(value, type);
    if (!items) return misfit();
    out_ += '{';
    std::string_view separator;
    for (std::size_t i = 0; i < items->size(); ++i) {
      const Member& field = type.members()[i];
      const auto* choice = (*items)[i].as<Value::Choice>();
      if (field.type->kind() == Kind::kOption && choice && choice->index == 0) continue;
      text(std::exchange(separator, ", "));
      label(field.name);
      text(": ");
      print((*items)[i], *field.type);
    }
    if (separator.empty()) out_ += ':';
    out_ += '}';
  }

  void flags(const Value& value, const Type& type) {
    const auto* flags = value.as<Value::Flags>();
    if (!flags) return misfit();
    out_ += '{';
    std::string_view separator;
    for (std::size_t i = 0; i < type.members().size() && i < 32; ++i) {
      if ((flags->bits >> i & 1) == 0) continue;
      text(std::exchange(separator, ", "));
      label(type.members()[i].name);
    }
    out_ += '}';
  }

  void choice(const Value& value, const Type& type) {
    const auto* choice = value.as<Value::Choice>();
    if (!choice || choice->index >= type.members().size()) return misfit();
    label(type.members()[choice->index].name);
    payload(*choice, type);
  }

  void keyword_choice(const Value& value, const Type& type) {
    const auto* choice = value.as<Value::Choice>();
    if (!choice || choice->index > 1) return misfit();
    if (type.kind() == Kind::kOption) {
      text(choice->index == 0 ? "none" : "some");
    } else {
      text(choice->index == 0 ? "ok" : "err");
    }
    payload(*choice, type);
  }

  void payload(const Value::Choice& choice, const Type& type) {
    const auto& wanted = type.members()[choice.index].type;
    if (!wanted) return;
    out_ += '(';
    if (choice.payload.size() == 1) {
      print(choice.payload[0], *wanted);
    } else {
      misfit();
    }
    out_ += ')';
  }

  std::string out_;
};

}  // namespace

std::string to_wave(const Value& value, const Type& type) {
  Printer printer;
  printer.print(value, type);
  return printer.take();
}

}  // namespace theater::wasm
