// Disk: the edge. Reads and changes below granted directories, by system calls that block.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "hosts/filesystem/grant.h"
#include "hosts/filesystem/payload.h"
#include "io/beneath.h"

namespace theater::hosts::filesystem {

/// A place below a granted directory, which must exist by then.
struct Place {
  std::string directory;
  std::string below;  // "" for the directory itself
};

/// A change while a worker does it. Shared by that worker and the shard, which may give it up.
struct Undertaking {
  explicit Undertaking(OperationId which) : id(which) {}
  const OperationId id;  // its temporary file is named after it: no two changes share one
  /// Set by the shard: what is not to be seen yet is not to be seen any more.
  std::atomic<bool> is_given_up = false;
};

/// Any worker; holds nothing between calls. Names are resolved by the kernel, below their
/// directory. Errors are kDenied (leads out), kNotFound, kConflict (exists, not empty), kInvalid
/// (not such a thing), kTooLarge, kFull, kIo; kCancelled if it was given up.
class Disk {
 public:
  /// `actor`: whose changes they are, in the names of temporary files. `free_min`: bytes that stay
  /// free on a disk; what would add something there is kFull.
  Disk(std::string actor, std::uint64_t free_min) : actor_(std::move(actor)), free_min_(free_min) {}

  struct Range {
    std::uint64_t offset = 0, bytes = 0;
  };
  /// Fewer bytes only at the end of the file.
  Result<Bytes> read(const Place& place, const Range& range) const;

  struct Page {
    std::string after;  // names behind this one
    std::uint64_t most = 0;
    std::uint64_t entries_max = 0;
  };
  /// In the order of their bytes. Names that are not UTF-8 are left out.
  Result<std::vector<Entry>> list(const Place& place, const Page& page) const;

  /// The old content or the new one, whatever happens: a temporary file, fsync, rename, fsync.
  Status write(const Place& place, ByteSpan content, const Undertaking& undertaking) const;
  /// Removes the temporary file of a write to `place` that a crash ended, if it is there.
  void clear(const Place& place, OperationId write) const;
  /// kTooLarge if the file would be longer than `file_max`.
  Status append(const Place& place, ByteSpan content, std::uint64_t file_max) const;
  Status make_directory(const Place& place) const;
  /// Replaces what has the new name, if that can be.
  Status rename(const Place& from, const Place& to) const;
  /// A file, a link, or an empty directory.
  Status remove(const Place& place) const;

 private:
  std::string temporary_name(OperationId write) const;
  Status check_room(int directory, std::uint64_t bytes) const;

  const std::string actor_;
  const std::uint64_t free_min_;
};

}  // namespace theater::hosts::filesystem
