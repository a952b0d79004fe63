// Codecs of lists, tuples, options, results, records, enums, variants, flags. Include
// "wasm/codec.h".
#pragma once

#include "wasm/codec_traits.h"

namespace theater::wasm {

template <typename T>
  requires(!std::same_as<T, std::uint8_t>)
struct Codec<std::vector<T>> {
  static Type type() { return Type::list(type_of<T>()); }
  static void write(BinaryWriter& writer, const std::vector<T>& items) {
    writer.unsigned_number(items.size());
    for (const T& item : items) Codec<T>::write(writer, item);
  }
  static std::vector<T> read(BinaryReader& reader) {
    std::vector<T> items;
    // Bounded by the input: the count is at most the bytes that remain, and a refusal ends it.
    for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
      items.push_back(Codec<T>::read(reader));
    }
    return items;
  }
};

template <typename... T>
struct Codec<std::tuple<T...>> {
  static Type type() { return Type::tuple({type_of<T>()...}); }
  static void write(BinaryWriter& writer, const std::tuple<T...>& items) {
    std::apply([&](const T&... item) { (Codec<T>::write(writer, item), ...); }, items);
  }
  static std::tuple<T...> read(BinaryReader& reader) {
    return std::tuple<T...>{Codec<T>::read(reader)...};  // braces: evaluated left to right
  }
};

template <typename T>
struct Codec<std::optional<T>> {
  static Type type() { return Type::option(type_of<T>()); }
  static void write(BinaryWriter& writer, const std::optional<T>& value) {
    writer.byte(value ? 1 : 0);
    if (value) Codec<T>::write(writer, *value);
  }
  static std::optional<T> read(BinaryReader& reader) {
    if (!reader.truth()) return std::nullopt;
    return Codec<T>::read(reader);
  }
};

/// A payload that may be absent: void and std::monostate stand for "no payload".
template <typename T>
struct PayloadCodec {
  static std::optional<Type> type() { return type_of<T>(); }
  static void write(BinaryWriter& writer, const T& value) { Codec<T>::write(writer, value); }
  static T read(BinaryReader& reader) { return Codec<T>::read(reader); }
};
template <>
struct PayloadCodec<std::monostate> {
  static std::optional<Type> type() { return std::nullopt; }
  static void write(BinaryWriter&, const std::monostate&) {}
  static std::monostate read(BinaryReader&) { return {}; }
};
template <>
struct PayloadCodec<void> {
  static std::optional<Type> type() { return std::nullopt; }
};

template <typename T, typename E>
struct Codec<std::expected<T, E>> {
  static Type type() { return Type::result(PayloadCodec<T>::type(), PayloadCodec<E>::type()); }
  static void write(BinaryWriter& writer, const std::expected<T, E>& value) {
    writer.byte(value ? 0 : 1);
    if (!value) return PayloadCodec<E>::write(writer, value.error());
    if constexpr (!std::is_void_v<T>) PayloadCodec<T>::write(writer, *value);
  }
  static std::expected<T, E> read(BinaryReader& reader) {
    if (reader.truth()) return std::unexpected(PayloadCodec<E>::read(reader));
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return PayloadCodec<T>::read(reader);
    }
  }
};

template <ReflectedStruct S>
struct Codec<S> {
  static Type type() {
    std::vector<Member> members;
    each([&]<typename T>(const Field<S, T>& f) {
      members.push_back({std::string(f.name), type_of<T>()});
    });
    return Type::record(std::move(members));
  }
  static void write(BinaryWriter& writer, const S& value) {
    each([&]<typename T>(const Field<S, T>& f) { Codec<T>::write(writer, value.*f.place); });
  }
  static S read(BinaryReader& reader) {
    S value{};
    each([&]<typename T>(const Field<S, T>& f) { value.*f.place = Codec<T>::read(reader); });
    return value;
  }

 private:
  static void each(auto visit) {
    std::apply([&](const auto&... field) { (visit(field), ...); }, S::wit_members());
  }
};

template <LabelledEnum E>
struct Codec<E> {
  static constexpr std::size_t kCount = WitLabels<E>::kLabels.size();
  static Type type() {
    const auto& labels = WitLabels<E>::kLabels;
    return Type::enumeration({labels.begin(), labels.end()});
  }
  static void write(BinaryWriter& writer, const E& value) {
    writer.unsigned_number(static_cast<std::uint64_t>(value));
  }
  static E read(BinaryReader& reader) { return static_cast<E>(reader.unsigned_number(kCount - 1)); }
};

template <ReflectedFlags F>
struct Codec<F> {
  static constexpr std::size_t kCount = F::kWitFlags.size();
  static Type type() { return Type::flags({F::kWitFlags.begin(), F::kWitFlags.end()}); }
  static void write(BinaryWriter& writer, const F& value) {
    for (std::size_t done = 0; done < kCount; done += 8) {
      writer.byte(static_cast<std::uint8_t>(value.bits >> done));
    }
  }
  static F read(BinaryReader& reader) {
    F value{};
    for (std::size_t done = 0; done < kCount; done += 8) {
      value.bits |= std::uint32_t{reader.byte()} << done;
    }
    if (kCount < 32 && (value.bits >> kCount % 32) != 0) reader.refuse("unused flag bit is set");
    return value;
  }
};

template <ReflectedVariant V>
struct Codec<V> {
  using Alternatives = decltype(V::value);
  static constexpr std::size_t kCount = std::variant_size_v<Alternatives>;
  static_assert(kCount == V::kWitCases.size(), "one case name for each alternative");

  static Type type() {
    std::vector<Member> cases;
    with_index([&]<std::size_t... kI>(std::index_sequence<kI...>) {
      (cases.push_back({std::string(V::kWitCases[kI]), Payload<kI>::type()}), ...);
    });
    return Type::variant(std::move(cases));
  }
  static void write(BinaryWriter& writer, const V& value) {
    writer.unsigned_number(value.value.index());
    with_index([&]<std::size_t... kI>(std::index_sequence<kI...>) {
      ((value.value.index() == kI ? Payload<kI>::write(writer, *std::get_if<kI>(&value.value))
                                  : void()),
       ...);
    });
  }
  static V read(BinaryReader& reader) {
    const std::uint64_t index = reader.unsigned_number(kCount - 1);
    V made{};
    with_index([&]<std::size_t... kI>(std::index_sequence<kI...>) {
      ((index == kI ? void(made.value.template emplace<kI>(Payload<kI>::read(reader))) : void()),
       ...);
    });
    return made;
  }

 private:
  template <std::size_t kI>
  using Payload = PayloadCodec<std::variant_alternative_t<kI, Alternatives>>;
  static void with_index(auto visit) { visit(std::make_index_sequence<kCount>{}); }
};

}  // namespace theater::wasm
