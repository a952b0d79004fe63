// File and FileSystem: the ports to stored bytes. Bound to POSIX in production, to a disk with
// faults in tests.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::io {

enum class OpenMode {
  kRead,
  kReadWrite,
  kCreate,  // read-write, made if missing
  kCreateNew,
  /// As kReadWrite, but whole sectors written from memory that is aligned to kDirectAlignment go to
  /// the disk without a copy in the page cache, if the file system can do that. They are durable
  /// after sync_data, as all others.
  kReadWriteDirect,
};
inline constexpr std::size_t kDirectAlignment = 4096;

/// An open file. Offsets and sizes are bytes. Callable from any thread; calls on one file from two
/// threads must not overlap in range. Closes on destruction.
class File {
 public:
  virtual ~File() = default;
  /// Fills `buffer` from `offset`; returns the bytes read, fewer only at the end of the file.
  /// Retries EINTR and short reads.
  virtual Result<std::size_t> read_at(std::uint64_t offset,
                                      std::span<std::uint8_t> buffer) const = 0;
  /// Writes all of `bytes`; retries EINTR and short writes. On error any part may be written.
  virtual Status write_at(std::uint64_t offset, ByteSpan bytes) = 0;
  /// Data reaches the disk before this returns (fdatasync). After an error nothing may be assumed
  /// of the bytes, and the call must not be repeated for the same range.
  virtual Status sync_data() = 0;
  /// Data and metadata (fsync).
  virtual Status sync_all() = 0;
  virtual Result<std::uint64_t> size() const = 0;
  virtual Status resize(std::uint64_t bytes) = 0;
  /// Makes the file at least so long and takes the disk space for it now; new bytes read as zero.
  virtual Status allocate(std::uint64_t bytes) = 0;
};

/// Held while the process uses what the lock file stands for. Released on destruction or when the
/// process ends, however it ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// The part of a file system that Theater uses. Paths are as the caller gives them.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual bool exists(const std::string& path) = 0;
  /// Names (not paths) of the entries of a directory, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Status make_directories(const std::string& path) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  /// Makes names in the directory durable (fsync of the directory).
  virtual Status sync_directory(const std::string& path) = 0;
  /// Locks a file, made if missing, for this process and writes its process id into it. kConflict
  /// if another process (or this one) holds it: the message ends in that process's id.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  /// Whether a process, this one or another, holds the lock on `path`. Takes and makes nothing.
  /// False also where that cannot be told.
  virtual bool is_locked(const std::string& path) = 0;
  /// Bytes still free for use on the file system that holds `path`.
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;
};

/// The whole file, refused (kTooLarge) beyond `bytes_max`.
Result<Bytes> read_file(FileSystem& files, const std::string& path, std::uint64_t bytes_max);
/// Replaces a file as a whole: temporary, sync, rename, sync directory.
Status write_file_atomically(FileSystem& files, const std::string& path, ByteSpan bytes);

}  // namespace theater::io
