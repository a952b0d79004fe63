// Folder: read-only access to the files below one directory, and to nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace theater::io {

/// An open regular file of a Folder. Closes on destruction.
class FolderFile {
 public:
  FolderFile(int descriptor, std::uint64_t size, WallTime changed)
      : descriptor_(descriptor), size_(size), changed_(changed) {}
  ~FolderFile();
  FolderFile(const FolderFile&) = delete;
  FolderFile& operator=(const FolderFile&) = delete;
  /// As it was when it was opened.
  std::uint64_t size() const { return size_; }
  /// When its contents last changed, as of when it was opened.
  WallTime changed() const { return changed_; }
  /// Fills the front of `buffer` from `offset`; 0 at the end.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const;

 private:
  int descriptor_;
  std::uint64_t size_;
  WallTime changed_;
};

/// Any thread. Opens each part of a path by itself and follows no symbolic link, so that no name
/// leads out, not even one that changes while it is looked up.
class Folder {
 public:
  static Result<std::unique_ptr<Folder>> open(const std::string& path);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  /// `name` is parts joined by "/". kNotFound: no such regular file, or a part is empty, begins
  /// with a dot, or is a symbolic link.
  Result<std::unique_ptr<FolderFile>> open_file(std::string_view name) const;

 private:
  explicit Folder(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace theater::io
