// The state codec for the standard containers. Unordered containers are left out on purpose: their
// order is not the same everywhere, and the bytes of a state must be.
#pragma once

#include "theater/codec.h"

namespace theater {

/// vector and deque: a count, then the elements.
template <class List>
struct SequenceCodec {
  static void encode(Writer& out, const List& values) {
    out.unsigned_integer(values.size());
    for (const auto& value : values) theater::encode(out, value);
  }
  static void decode(Reader& in, List& values) {
    const std::size_t count = in.count();
    values.clear();
    for (std::size_t i = 0; i < count && !in.failed(); ++i)
      theater::decode(in, values.emplace_back());
  }
};
template <class T>
struct Codec<std::vector<T>> : SequenceCodec<std::vector<T>> {};
template <class T>
struct Codec<std::deque<T>> : SequenceCodec<std::deque<T>> {};

template <>
struct Codec<Bytes> {
  static void encode(Writer& out, const Bytes& value) {
    out.unsigned_integer(value.size());
    out.raw(value.data(), value.size());
  }
  static void decode(Reader& in, Bytes& value) {
    const BytesView bytes = in.raw(in.count());
    value.assign(bytes.begin(), bytes.end());
  }
};

template <class T, std::size_t size>
struct Codec<std::array<T, size>> {
  static void encode(Writer& out, const std::array<T, size>& values) {
    for (const T& value : values) theater::encode(out, value);
  }
  static void decode(Reader& in, std::array<T, size>& values) {
    for (T& value : values) theater::decode(in, value);
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static void encode(Writer& out, const std::optional<T>& value) {
    out.byte(value ? 1 : 0);
    if (value) theater::encode(out, *value);
  }
  static void decode(Reader& in, std::optional<T>& value) {
    bool present = false;
    theater::decode(in, present);
    value.reset();
    if (present) theater::decode(in, value.emplace());
  }
};

template <class First, class Second>
struct Codec<std::pair<First, Second>> {
  static void encode(Writer& out, const std::pair<First, Second>& value) {
    theater::encode(out, value.first);
    theater::encode(out, value.second);
  }
  static void decode(Reader& in, std::pair<First, Second>& value) {
    theater::decode(in, value.first);
    theater::decode(in, value.second);
  }
};

template <class... Elements>
struct Codec<std::tuple<Elements...>> {
  static void encode(Writer& out, const std::tuple<Elements...>& value) {
    std::apply([&](const auto&... element) { (theater::encode(out, element), ...); }, value);
  }
  static void decode(Reader& in, std::tuple<Elements...>& value) {
    std::apply([&](auto&... element) { (theater::decode(in, element), ...); }, value);
  }
};

/// map and set: a count, then the entries in ascending order, each once.
template <class Key, class Value>
struct Codec<std::map<Key, Value>> {
  static void encode(Writer& out, const std::map<Key, Value>& entries) {
    out.unsigned_integer(entries.size());
    for (const auto& [key, value] : entries) {
      theater::encode(out, key);
      theater::encode(out, value);
    }
  }
  static void decode(Reader& in, std::map<Key, Value>& entries) {
    const std::size_t count = in.count();
    entries.clear();
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
      Key key{};
      theater::decode(in, key);
      if (!entries.empty() && !entries.key_comp()(entries.rbegin()->first, key)) in.fail();
      theater::decode(in, entries.try_emplace(entries.end(), std::move(key))->second);
    }
  }
};
template <class Key>
struct Codec<std::set<Key>> {
  static void encode(Writer& out, const std::set<Key>& keys) {
    out.unsigned_integer(keys.size());
    for (const Key& key : keys) theater::encode(out, key);
  }
  static void decode(Reader& in, std::set<Key>& keys) {
    const std::size_t count = in.count();
    keys.clear();
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
      Key key{};
      theater::decode(in, key);
      if (!keys.empty() && !keys.key_comp()(*keys.rbegin(), key)) in.fail();
      keys.insert(keys.end(), std::move(key));
    }
  }
};

template <class... Cases>
struct Codec<std::variant<Cases...>> {
  using Value = std::variant<Cases...>;
  static void encode(Writer& out, const Value& value) {
    out.unsigned_integer(value.index());
    std::visit([&](const auto& held) { theater::encode(out, held); }, value);
  }
  static void decode(Reader& in, Value& value) {
    const std::uint64_t index = in.unsigned_integer();
    if (index >= sizeof...(Cases)) return in.fail();
    decode_case(in, value, index, std::index_sequence_for<Cases...>{});
  }

 private:
  template <std::size_t... indices>
  static void decode_case(Reader& in, Value& value, std::size_t index,
                          std::index_sequence<indices...>) {
    (void)((indices == index && (theater::decode(in, value.template emplace<indices>()), true)) ||
           ...);
  }
};

}  // namespace theater
