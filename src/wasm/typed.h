// Typed host functions: a C++ method's signature gives its WIT type, the decoding of arguments and
// the encoding of the result.
#pragma once

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "wasm/codec.h"
#include "wasm/type.h"

namespace theater::wasm {

namespace typed_detail {

/// Context parameters come first and are mutable references (`CallContext&`); they are no WIT
/// parameters. The others are WIT parameters, by value or const reference.
template <typename P>
inline constexpr bool kIsContext =
    std::is_lvalue_reference_v<P> && !std::is_const_v<std::remove_reference_t<P>>;

template <typename Result, typename... P>
struct Shape {
  using Return = Result;
  using Parameters = std::tuple<P...>;
  static constexpr std::size_t kContexts = (std::size_t{kIsContext<P>} + ... + 0);
  template <std::size_t kI>
  using Wit = std::remove_cvref_t<std::tuple_element_t<kContexts + kI, Parameters>>;
  static constexpr std::size_t kWits = sizeof...(P) - kContexts;
  using WitIndices = std::make_index_sequence<kWits>;
};

template <typename F>
struct ShapeOf;
template <typename R, typename... P>
struct ShapeOf<R (*)(P...)> : Shape<R, P...> {};
template <typename R, typename C, typename... P>
struct ShapeOf<R (C::*)(P...)> : Shape<R, P...> {};
template <typename R, typename C, typename... P>
struct ShapeOf<R (C::*)(P...) const> : Shape<R, P...> {};

template <typename S, std::size_t... kI>
FunctionType wit_type(std::index_sequence<kI...>) {
  FunctionType made{{Parameter{"", type_of<typename S::template Wit<kI>>()}...}, std::nullopt};
  if constexpr (!std::is_void_v<typename S::Return>) {
    made.result = type_of<std::remove_cvref_t<typename S::Return>>();
  }
  return made;
}

/// A kInvalid error that prints both types unless their parameter and result types are the same.
Status same_signature(const FunctionType& ours, const FunctionType& theirs);

}  // namespace typed_detail

/// The WIT type of a function or method; parameters have no names.
template <auto kFunction>
FunctionType signature_of() {
  using S = typed_detail::ShapeOf<decltype(kFunction)>;
  return typed_detail::wit_type<S>(typename S::WitIndices{});
}

/// Whether a function or method has the type a component asks for; parameter names are not
/// compared.
template <auto kFunction>
Status check_signature(const FunctionType& wanted) {
  return typed_detail::same_signature(signature_of<kFunction>(), wanted);
}

/// Decodes the arguments, calls `kFunction` with `context...` (the object first if it is a method,
/// then its context parameters) followed by them, and appends the encoded result. Spans and views
/// among the parameters point into `arguments`. kInvalid, without calling, if the arguments are
/// not canonical.
template <auto kFunction, typename... Context>
Status invoke_typed(ByteSpan arguments, Bytes& result, Context&... context) {
  using S = typed_detail::ShapeOf<decltype(kFunction)>;
  return [&]<std::size_t... kI>(std::index_sequence<kI...>) -> Status {
    BinaryReader reader(arguments);
    std::tuple<typename S::template Wit<kI>...> decoded{
        Codec<typename S::template Wit<kI>>::read(reader)...};
    TRY_OK(reader.finish());
    auto call = [&]() -> decltype(auto) {
      return std::invoke(kFunction, context..., std::get<kI>(std::move(decoded))...);
    };
    if constexpr (std::is_void_v<typename S::Return>) {
      call();
    } else {
      BinaryWriter writer(result);
      Codec<std::remove_cvref_t<typename S::Return>>::write(writer, call());
    }
    return {};
  }(typename S::WitIndices{});
}

}  // namespace theater::wasm
