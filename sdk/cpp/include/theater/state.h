// An actor's state as a C++ value. On the outside it is bytes: a version, then the fields. States
// of older versions still load, through a chain of upgrades.
//
//   struct State1 { std::vector<std::string> lines; };
//   struct State {
//     static constexpr std::uint32_t kVersion = 2;
//     using Previous = State1;
//     static State upgrade(State1 old) { return {.lines = std::move(old.lines), .limit = 100}; }
//     std::vector<std::string> lines;
//     std::uint32_t limit = 100;
//   };
#pragma once

#include <cstring>
#include <string>

#include "theater/codec.h"

namespace theater {

/// The state of an actor that has none: no bytes at all.
struct NoState {};

/// `kVersion` of the struct, else 1.
template <class State>
constexpr std::uint32_t version_of() {
  if constexpr (requires { State::kVersion; }) {
    return State::kVersion;
  } else {
    return 1;
  }
}

/// A struct that says how to come from the one before it.
template <class State>
concept Upgrades = requires(typename State::Previous old) {
  { State::upgrade(std::move(old)) } -> std::same_as<State>;
};

namespace detail {

/// Reads a state of the version given, which is this one or an older one.
template <class State>
bool decode_version(std::uint64_t version, Reader& in, State& state) {
  if (version == version_of<State>()) {
    decode(in, state);
    return in.done();
  }
  if constexpr (Upgrades<State>) {
    static_assert(version_of<typename State::Previous>() < version_of<State>(),
                  "an upgraded state needs a higher kVersion than the one before");
    typename State::Previous old{};
    if (version > version_of<State>() || !decode_version(version, in, old)) return false;
    state = State::upgrade(std::move(old));
    return true;
  }
  return false;
}

}  // namespace detail

/// Holds the state between two calls of the same instance, so that a state that comes back
/// unchanged need not be decoded again.
template <class State>
class StateHolder {
 public:
  State& value() { return value_; }

  void reset() {
    value_ = State{};
    matches_ = false;
  }

  /// Takes the state over from its bytes. Answers "" or why that cannot be.
  std::string load(BytesView bytes) {
    if constexpr (std::is_same_v<State, NoState>) return "";
    if (matches_ && equal(bytes, written_.bytes())) return "";
    reset();
    Reader in(bytes);
    const std::uint64_t version = in.unsigned_integer();
    if (!in.failed() && detail::decode_version(version, in, value_)) return "";
    reset();
    return "cannot read the state: version " + std::to_string(version) + ", " +
           std::to_string(bytes.size()) + " bytes; this actor writes version " +
           std::to_string(version_of<State>());
  }

  /// The bytes, valid until the next load or save. The value may be kept for the next load.
  BytesView save() {
    if constexpr (std::is_same_v<State, NoState>) return {};
    written_.clear();
    written_.unsigned_integer(version_of<State>());
    encode(written_, value_);
    matches_ = true;
    return written_.bytes();
  }

  /// The value may have been changed and is not to be kept.
  void discard() { matches_ = false; }

 private:
  static bool equal(BytesView a, BytesView b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
  }

  State value_{};
  Writer written_;
  bool matches_ = false;
};

}  // namespace theater
