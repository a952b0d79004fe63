// Hints: coalescing by name, pairing by cookie.
#include "hosts/file_watch/hints.h"

#include <algorithm>
#include <utility>

namespace theater::hosts::file_watch {

void Hints::overflow() {
  const bool is_root_moved = is_root_moved_;
  clear();
  has_overflowed_ = true;
  is_root_moved_ = is_root_moved;
}

void Hints::clear() {
  names_.clear();
  departures_.clear();
  moves_.clear();
  lost_.clear();
  has_overflowed_ = is_root_moved_ = false;
}

/// nullptr: there is no room.
Hints::Name* Hints::touch(const NameKey& key) {
  const auto found = names_.find(key);
  if (found != names_.end()) return &found->second;
  if (size() >= limits_.pending_max) {
    overflow();
    return nullptr;
  }
  return &names_[key];
}

void Hints::add(const Signal& signal, MonotonicTime now) {
  if (signal.sign == Sign::kRootMoved) is_root_moved_ = true;
  if (has_overflowed_ || signal.sign == Sign::kRootMoved) return;
  if (signal.sign == Sign::kOverflow) return overflow();
  if (signal.sign == Sign::kWatchLost) {
    if (size() >= limits_.pending_max) return overflow();
    lost_.push_back(signal.directory);
    return;
  }
  const bool departs = signal.sign == Sign::kMovedFrom;
  if (departs && departures_.size() >= limits_.pending_max) return overflow();
  const NameKey key{signal.directory, signal.name};
  Name* const name = touch(key);
  if (name == nullptr) return;
  if (signal.sign == Sign::kWritten) name->is_written = true;
  if (departs) {
    if (!name->left) name->left = now;  // a name that departs again and again is told in time
    departures_.insert_or_assign(signal.cookie, key);
  }
  if (signal.sign == Sign::kMovedTo) {
    name->is_moved = true;
    add_arrival(signal);
  }
}

void Hints::add_arrival(const Signal& signal) {
  const auto departure = departures_.find(signal.cookie);
  if (departure == departures_.end()) return;
  NameKey from = departure->second;
  departures_.erase(departure);
  const NameKey to{signal.directory, signal.name};
  const auto left = names_.find(from);
  if (left != names_.end()) {
    left->second.left.reset();
    names_[to].is_written |= left->second.is_written;
  }
  // Moved again within the window: it came from where it was at the window's begin.
  const auto earlier = std::ranges::find(moves_, from, &Move::to);
  if (earlier != moves_.end()) {
    from = earlier->from;
    moves_.erase(earlier);
  }
  std::erase_if(moves_, [&](const Move& move) { return move.to == to; });
  if (from != to) moves_.push_back({std::move(from), to});
}

HintBatch Hints::take(MonotonicTime now) {
  HintBatch batch;
  batch.moves.swap(moves_);
  batch.lost.swap(lost_);
  for (auto name = names_.begin(); name != names_.end();) {
    if (name->second.left && now - *name->second.left < limits_.pair) {
      ++name;
      continue;
    }
    batch.hints.push_back({name->first, name->second.is_written, name->second.is_moved});
    name = names_.erase(name);
  }
  std::erase_if(departures_,
                [&](const auto& departure) { return !names_.contains(departure.second); });
  return batch;
}

}  // namespace theater::hosts::file_watch
