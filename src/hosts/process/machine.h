// A program's life: state x input, complete by construction.
#pragma once

#include "host/state_machine.h"

namespace theater::hosts::process {

enum class ChildState : std::uint8_t {
  kStarting,  // a worker starts it
  kDoomed,    // the same, and it is not wanted any more
  kRunning,
  kExited,  // its output is read to the end
  kEnded,
  kCount
};

enum class ChildInput : std::uint8_t {
  kSpawned,
  kSpawnFailed,
  kExit,
  kDrained,  // both outputs are at their end, after the exit
  kAbort,    // cancelled, out of time, or the actor stops
  kCount
};

enum class ChildAction : std::uint8_t {
  kWatch,
  kEndGroup,  // whoever is left of its process group is killed
  kReap,
  kClose,
  kTellEnd,
};

namespace child_detail {
using M = host::Notation<ChildState, ChildInput, ChildAction>;
using S = ChildState;
using I = ChildInput;
using A = ChildAction;
}  // namespace child_detail

inline constexpr auto kChildTable = [] consteval {
  using namespace child_detail;  // NOLINT: the table's own words
  return M::table({
      M::move(S::kStarting, I::kSpawned, S::kRunning, {A::kWatch}),
      M::move(S::kStarting, I::kSpawnFailed, S::kEnded, {A::kTellEnd}),
      M::ignore(S::kStarting, I::kExit),
      M::ignore(S::kStarting, I::kDrained),
      M::move(S::kStarting, I::kAbort, S::kDoomed),

      M::move(S::kDoomed, I::kSpawned, S::kEnded, {A::kEndGroup, A::kReap, A::kClose}),
      M::move(S::kDoomed, I::kSpawnFailed, S::kEnded),
      M::ignore(S::kDoomed, I::kExit),
      M::ignore(S::kDoomed, I::kDrained),
      M::ignore(S::kDoomed, I::kAbort),

      M::ignore(S::kRunning, I::kSpawned),
      M::ignore(S::kRunning, I::kSpawnFailed),
      M::move(S::kRunning, I::kExit, S::kExited, {A::kEndGroup, A::kReap}),
      M::ignore(S::kRunning, I::kDrained),
      M::move(S::kRunning, I::kAbort, S::kEnded, {A::kEndGroup, A::kReap, A::kClose}),

      M::ignore(S::kExited, I::kSpawned),
      M::ignore(S::kExited, I::kSpawnFailed),
      M::ignore(S::kExited, I::kExit),
      M::move(S::kExited, I::kDrained, S::kEnded, {A::kClose, A::kTellEnd}),
      M::move(S::kExited, I::kAbort, S::kEnded, {A::kClose}),

      M::ignore(S::kEnded, I::kSpawned),
      M::ignore(S::kEnded, I::kSpawnFailed),
      M::ignore(S::kEnded, I::kExit),
      M::ignore(S::kEnded, I::kDrained),
      M::ignore(S::kEnded, I::kAbort),
  });
}();

}  // namespace theater::hosts::process
