// Disk: the edge. Reads and changes below granted directories, by system calls that block.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hosts/filesystem/grant.h"
#include "hosts/filesystem/payload.h"
#include "io/beneath.h"

namespace theater::hosts::filesystem {

/// A place below a granted directory, which must exist by then.
struct Place {
  std::string directory;
  std::string below;  // "" for the directory itself
};

/// Any worker; holds nothing between calls. Names are resolved by the kernel, below their
/// directory. Errors are kDenied (leads out), kNotFound, kConflict (exists, not empty), kInvalid
/// (not such a thing), kTooLarge, kFull, kIo.
class Disk {
 public:
  explicit Disk(std::string temporary_name) : temporary_(std::move(temporary_name)) {}

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
  Status write(const Place& place, ByteSpan content) const;
  /// kTooLarge if the file would be longer than `file_max`.
  Status append(const Place& place, ByteSpan content, std::uint64_t file_max) const;
  Status make_directory(const Place& place) const;
  /// Replaces what has the new name, if that can be.
  Status rename(const Place& from, const Place& to) const;
  /// A file, a link, or an empty directory.
  Status remove(const Place& place) const;

 private:
  const std::string temporary_;  // one at a time in a directory; what a crash left is overwritten
};

}  // namespace theater::hosts::filesystem
