// WIT values as C++ types that lie in wasm32 memory as the canonical ABI stores them. Strings and
// lists are views: what a guest receives is valid until the end of its invocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace theater::wit {

using String = std::string_view;

template <class T>
using List = std::span<const T>;

using Bytes = List<std::uint8_t>;

#ifdef __wasm32__
static_assert(sizeof(String) == 8 && alignof(String) == 4 && sizeof(Bytes) == 8);
#endif

/// Stands where a case carries nothing.
struct Unit {};

/// `option<T>`.
template <class T>
class Option {
 public:
  Option() : present_(0), none_() {}
  Option(std::nullopt_t) : Option() {}
  Option(const T& value) : present_(1), value_(value) {}
  Option(const std::optional<T>& value) : Option() {
    if (value) std::construct_at(this, *value);
  }

  bool has_value() const { return present_ != 0; }
  explicit operator bool() const { return has_value(); }
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }
  T value_or(const T& other) const { return has_value() ? value_ : other; }

 private:
  std::uint8_t present_;
  union {
    Unit none_;
    T value_;
  };
};

/// Marks the error of a `result`: `return Failure{error};`
template <class E>
struct Failure {
  E error;
};
template <class E>
Failure(E) -> Failure<E>;
template <>
struct Failure<void> {};

namespace detail {
template <class T>
using OrUnit = std::conditional_t<std::is_void_v<T>, Unit, T>;
}

/// `result<T, E>`; void stands for a side that carries nothing.
template <class T, class E>
class Result {
 public:
  using Value = detail::OrUnit<T>;
  using Error = detail::OrUnit<E>;

  Result()
    requires std::is_void_v<T>
      : failed_(0), none_() {}
  Result(const Value& value)
    requires(!std::is_void_v<T>)
      : failed_(0), value_(value) {}
  Result(const Failure<E>& failure)
    requires(!std::is_void_v<E>)
      : failed_(1), error_(failure.error) {}
  Result(Failure<void>)
    requires std::is_void_v<E>
      : failed_(1), none_() {}

  bool ok() const { return failed_ == 0; }
  explicit operator bool() const { return ok(); }
  /// Only if ok().
  const Value& value() const { return value_; }
  const Value& operator*() const { return value_; }
  const Value* operator->() const { return &value_; }
  /// Only if not ok().
  const Error& error() const { return error_; }

 private:
  std::uint8_t failed_;
  union {
    Unit none_;
    Value value_;
    Error error_;
  };
};

/// `result` with nothing on either side is one byte.
template <>
class Result<void, void> {
 public:
  Result() = default;
  Result(Failure<void>) : failed_(1) {}
  bool ok() const { return failed_ == 0; }
  explicit operator bool() const { return ok(); }

 private:
  std::uint8_t failed_ = 0;
};

/// `tuple<...>`: take it apart with a structured binding. The arities in use are defined by the
/// bindings.
template <class... Elements>
struct Tuple;

#ifdef __wasm32__

/// Marks the begin and end of a call into the guest. Between calls everything the host has passed
/// is given back at once.
void begin_call();
void end_call();

/// Memory for one T that lives as long as the instance, constructed by hand.
template <class T>
struct Slot {
  alignas(T) std::byte bytes[sizeof(T)];
  T* get() { return std::launder(reinterpret_cast<T*>(bytes)); }
};

/// The one object that implements the exported interfaces. Made at the first call, never destroyed.
template <class Implementation>
Implementation& guest() {
  static Slot<Implementation> slot;
  static bool made = false;
  if (!made) {
    new (slot.bytes) Implementation();
    made = true;
  }
  return *slot.get();
}

template <class T>
std::int32_t address(const T* pointer) {
  return static_cast<std::int32_t>(reinterpret_cast<std::uintptr_t>(pointer));
}

template <class T>
List<T> list_at(std::int32_t pointer, std::int32_t count) {
  return {
      reinterpret_cast<const T*>(static_cast<std::uintptr_t>(static_cast<std::uint32_t>(pointer))),
      static_cast<std::size_t>(static_cast<std::uint32_t>(count))};
}

inline String string_at(std::int32_t pointer, std::int32_t bytes) {
  auto text = list_at<char>(pointer, bytes);
  return {text.data(), text.size()};
}

#else

/// Reports a host function that no test has provided, and ends the process.
[[noreturn]] void missing_import(std::string_view function);

#endif

}  // namespace theater::wit
