// Hints: which names may have changed, gathered from the kernel's signals over a window.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "hosts/file_watch/tree.h"

namespace theater::hosts::file_watch {

/// A name in a watched directory.
struct NameKey {
  WatchId directory;
  std::string name;
  auto operator<=>(const NameKey&) const = default;
};

struct Hint {
  NameKey key;
  bool is_written = false;
  bool is_moved = false;  // something came to this name by a rename
};
/// What was called `from` at the window's begin is called `to` now, if nothing else happened.
struct Move {
  NameKey from, to;
};

/// What one window gathered. Only hints: what is true now is looked up afterwards.
struct HintBatch {
  std::vector<Move> moves;
  std::vector<Hint> hints;
  std::vector<WatchId> lost;
  bool empty() const { return moves.empty() && hints.empty() && lost.empty(); }
};

/// Of one watch, on its shard. Pure. Bounded: beyond `pending_max` names it forgets everything and
/// says so.
class Hints {
 public:
  struct Limits {
    std::size_t pending_max = 4096;
    Nanoseconds pair{};
  };
  explicit Hints(const Limits& limits) : limits_(limits) {}

  void add(const Signal& signal, MonotonicTime now);
  bool empty() const { return names_.empty() && lost_.empty(); }
  std::size_t size() const { return names_.size() + lost_.size(); }
  bool has_overflowed() const { return has_overflowed_; }
  bool is_root_moved() const { return is_root_moved_; }
  /// All but first halves of renames whose other half may still come.
  HintBatch take(MonotonicTime now);
  /// Forgets everything, an overflow too.
  void clear();

 private:
  struct Name {
    bool is_written = false, is_moved = false;
    std::optional<MonotonicTime> left;  // the other half of its rename is still missing
  };
  void overflow();
  Name* touch(const NameKey& key);
  void add_arrival(const Signal& signal);

  const Limits limits_;
  std::map<NameKey, Name> names_;
  std::map<std::uint32_t, NameKey> departures_;  // by cookie, unpaired
  std::vector<Move> moves_;                      // in the order of arrival
  std::vector<WatchId> lost_;
  bool has_overflowed_ = false, is_root_moved_ = false;
};

}  // namespace theater::hosts::file_watch
