// Value: a WIT value of any type, for tools (call, inspection, differences). The data path never
// builds one: it works on the canonical binary form.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace theater::wasm {

/// A value without its type; what it means (an enum or a variant? a record or a list?) the Type
/// beside it says. A value type: copies, compares (floats by bits, so NaN equals NaN).
class Value {
 public:
  /// Elements of a list (other than list<u8>), a record or a tuple, in declared order.
  using Items = std::vector<Value>;
  /// A case of a variant, enum, option (0 none, 1 some) or result (0 ok, 1 error).
  struct Choice {
    std::uint32_t index = 0;
    std::vector<Value> payload;  // none or one
    bool operator==(const Choice&) const = default;
  };
  /// Flags: bit i is label i.
  struct Flags {
    std::uint32_t bits = 0;
    bool operator==(const Flags&) const = default;
  };
  /// A resource: the id the host minted for it.
  struct Handle {
    std::uint64_t id = 0;
    bool operator==(const Handle&) const = default;
  };

  Value() : content_(false) {}
  explicit Value(std::same_as<bool> auto truth) : content_(truth) {}
  template <std::integral T>
    requires(std::is_signed_v<T> && !std::same_as<T, char>)
  explicit Value(T number) : content_(static_cast<std::int64_t>(number)) {}
  template <std::integral T>
    requires(std::is_unsigned_v<T> && !std::same_as<T, bool> && !std::same_as<T, char32_t>)
  explicit Value(T number) : content_(static_cast<std::uint64_t>(number)) {}
  explicit Value(float number) : content_(number) {}
  explicit Value(double number) : content_(number) {}
  explicit Value(char32_t scalar) : content_(scalar) {}
  explicit Value(std::string text) : content_(std::move(text)) {}
  explicit Value(const char* text) : content_(std::string(text)) {}
  explicit Value(Bytes bytes) : content_(std::move(bytes)) {}
  explicit Value(Items items) : content_(std::move(items)) {}
  explicit Value(Choice choice) : content_(std::move(choice)) {}
  explicit Value(Flags flags) : content_(flags) {}
  explicit Value(Handle handle) : content_(handle) {}

  /// A case, with and without payload.
  static Value choice(std::uint32_t index) { return Value(Choice{index, {}}); }
  static Value choice(std::uint32_t index, Value payload) {
    Choice made{index, {}};
    made.payload.push_back(std::move(payload));
    return Value(std::move(made));
  }

  /// The content if it is a T (bool, std::int64_t, std::uint64_t, float, double, char32_t,
  /// std::string, Bytes, Items, Choice, Flags, Handle), else null.
  template <typename T>
  const T* as() const {
    return std::get_if<T>(&content_);
  }
  template <typename T>
  T* as() {
    return std::get_if<T>(&content_);
  }

  friend bool operator==(const Value& a, const Value& b);

 private:
  std::variant<bool, std::int64_t, std::uint64_t, float, double, char32_t, std::string, Bytes,
               Items, Choice, Flags, Handle>
      content_;
};

}  // namespace theater::wasm
