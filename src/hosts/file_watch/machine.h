// A watch's life: state x input, complete by construction.
#pragma once

#include "host/state_machine.h"

namespace theater::hosts::file_watch {

enum class WatchState : std::uint8_t {
  kScanning,       // the tree is being watched and read; nothing is told
  kReady,          // changes are told
  kRescanPending,  // changes were lost; nothing is told until the actor has taken the rescan event
  kEnded,
  kCount
};

enum class WatchInput : std::uint8_t {
  kScanned,    // for the first time
  kRescanned,  // after signals were lost, or after a restart
  kOverflow,   // signals were lost
  kRefused,    // an item found no room in the actor's queue
  kTaken,      // the actor has the rescan event
  kFailed,     // the directory is gone, or a bound is reached
  kStop,
  kCount
};

enum class WatchAction : std::uint8_t { kTellReady, kTellRescan, kScan, kTellEnd, kClose };

namespace watch_detail {
using M = host::Notation<WatchState, WatchInput, WatchAction>;
using S = WatchState;
using I = WatchInput;
using A = WatchAction;
}  // namespace watch_detail

inline constexpr auto kWatchTable = [] consteval {
  using namespace watch_detail;  // NOLINT: the table's own words
  return M::table({
      M::move(S::kScanning, I::kScanned, S::kReady, {A::kTellReady}),
      M::move(S::kScanning, I::kRescanned, S::kRescanPending, {A::kTellRescan}),
      M::ignore(S::kScanning, I::kOverflow),  // read anew anyway
      M::ignore(S::kScanning, I::kRefused),
      M::ignore(S::kScanning, I::kTaken),  // the next one follows the scan
      M::move(S::kScanning, I::kFailed, S::kEnded, {A::kClose, A::kTellEnd}),
      M::move(S::kScanning, I::kStop, S::kEnded, {A::kClose}),

      M::ignore(S::kReady, I::kScanned),
      M::ignore(S::kReady, I::kRescanned),
      M::move(S::kReady, I::kOverflow, S::kScanning, {A::kScan}),
      M::move(S::kReady, I::kRefused, S::kRescanPending, {A::kTellRescan}),
      M::ignore(S::kReady, I::kTaken),
      M::move(S::kReady, I::kFailed, S::kEnded, {A::kClose, A::kTellEnd}),
      M::move(S::kReady, I::kStop, S::kEnded, {A::kClose}),

      M::ignore(S::kRescanPending, I::kScanned),
      M::ignore(S::kRescanPending, I::kRescanned),
      M::move(S::kRescanPending, I::kOverflow, S::kScanning, {A::kScan}),
      M::ignore(S::kRescanPending, I::kRefused),
      M::move(S::kRescanPending, I::kTaken, S::kReady),
      M::move(S::kRescanPending, I::kFailed, S::kEnded, {A::kClose, A::kTellEnd}),
      M::move(S::kRescanPending, I::kStop, S::kEnded, {A::kClose}),

      M::ignore(S::kEnded, I::kScanned),
      M::ignore(S::kEnded, I::kRescanned),
      M::ignore(S::kEnded, I::kOverflow),
      M::ignore(S::kEnded, I::kRefused),
      M::ignore(S::kEnded, I::kTaken),
      M::ignore(S::kEnded, I::kFailed),
      M::ignore(S::kEnded, I::kStop),
  });
}();

}  // namespace theater::hosts::file_watch
