// Tree: the port to a watched directory tree; and the signals that come from it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace theater::hosts::file_watch {

/// The kernel's watch on one directory of a tree. Not used again while the tree is open.
using WatchId = StrongNumber<struct WatchTag>;

enum class EntryKind : std::uint8_t { kDirectory, kFile, kOther };

/// What a name stands for.
struct Found {
  EntryKind kind = EntryKind::kOther;
  std::uint64_t device = 0, inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;

  bool is_same_thing(const Found& other) const {
    return kind == other.kind && device == other.device && inode == other.inode;
  }
  bool operator==(const Found&) const = default;
};

struct Listed {
  std::string name;
  Found found;
};

/// A directory that is watched from before it was read.
struct Scan {
  WatchId watch;
  Found directory;
  std::vector<Listed> entries;
};

/// What happened, as the kernel says it.
enum class Sign : std::uint8_t {
  kChanged,    // the name was made, removed or given other attributes
  kWritten,    // its content changed
  kMovedFrom,  // it left; the cookie may come again
  kMovedTo,    // it came
  kWatchLost,  // the directory itself is gone or was unmounted
  kRootMoved,  // the root of the tree is gone from its place
  kOverflow,   // signals are missing
};

struct Signal {
  Sign sign = Sign::kChanged;
  WatchId directory;
  std::string name;  // of the entry; empty for the last three
  std::uint32_t cookie = 0;
};

/// One tree, from its root down. Paths are relative to the root; "" is the root. No method follows
/// a symbolic link. All but descriptor() and read() block, and belong to one worker at a time.
class Tree {
 public:
  virtual ~Tree() = default;
  /// Watches a directory, then reads it. kNotFound: no such directory (any more). kDenied: not
  /// readable. kFull: no watches left, or more than `entries_max` names.
  virtual Result<Scan> scan(const std::string& path, std::uint64_t entries_max) = 0;
  /// Nothing if the name is not there.
  virtual Result<std::optional<Found>> look(const std::string& path) = 0;
  virtual void forget(WatchId watch) = 0;

  /// Readable when there are signals.
  virtual int descriptor() const = 0;
  /// Appends the signals that can be had now, at most about kReadBytes of them. Shard thread.
  virtual Status read(std::vector<Signal>& signals) const = 0;
};

/// Opens trees. One for each granted root; any worker.
class TreeOpener {
 public:
  virtual ~TreeOpener() = default;
  /// `path` below the root; "" for the root itself. Blocks.
  virtual Result<std::unique_ptr<Tree>> open(const std::string& path) const = 0;
};

}  // namespace theater::hosts::file_watch
