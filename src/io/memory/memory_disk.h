// MemoryDisk: a file system in memory that forgets and fails like a disk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/file.h"

namespace theater::io {

/// What one call of the disk does instead of its work.
enum class DiskFault : std::uint8_t {
  kError,            // EIO, nothing done
  kNoSpace,          // ENOSPC, nothing done (reads: EIO)
  kShort,            // half of the bytes move; the caller's loop goes on
  kInterrupted,      // EINTR once; the caller's loop goes on
  kTornWrite,        // EIO after half of the bytes
  kSyncDropsPages,   // EIO at sync; the unsynced pages are dropped and later syncs succeed
  kSyncLeavesClean,  // EIO at sync; the pages stay to be read, and no later sync writes them
};

/// A disk with sectors of 512 bytes. What was written and not synced may be lost at `crash`, sector
/// by sector; names made, renamed or removed (directories too) may be lost until their directory is
/// synced, in order.
/// Callable from any thread.
class MemoryDisk final : public FileSystem {
 public:
  static constexpr std::size_t kSector = 512;

  explicit MemoryDisk(std::uint64_t capacity_bytes = UINT64_MAX);
  ~MemoryDisk() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  bool exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  bool is_locked(const std::string& path) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;

  /// The power goes. `survives(n)` is asked for the n-th unsynced sector, size or name: true keeps
  /// it. Files open now fail for ever after; locks are free.
  void crash(const std::function<bool(std::uint64_t n)>& survives);

  /// What would be left if the power went now and nothing unsynced survived.
  std::unique_ptr<MemoryDisk> synced_copy() const;

  /// How many calls may still be counted: reads, writes, syncs, opens and changes of names.
  std::uint64_t calls() const;
  /// The call with this number (counted from 0 by `calls`) meets the fault. One at a time.
  void fail_call(std::uint64_t number, DiskFault fault);
  /// Every call from this number on meets the fault.
  void fail_from(std::uint64_t number, DiskFault fault);
  /// Writes and syncs of files whose path contains `part` meet the fault; nothing else does.
  void fail_writes_of(std::string part, DiskFault fault);
  void clear_faults();
  void set_capacity(std::uint64_t bytes);
  /// Syncs for which this says true report success and do nothing: a disk that lies, or a writer
  /// that forgot the call. `path` of kNames is that of the newest change in the directory which was
  /// to be synced; of the directory itself if there was none. May be empty.
  enum class SyncOf : std::uint8_t { kData, kNames };
  using IgnoreSync = std::function<bool(const std::string& path, SyncOf of)>;
  void ignore_syncs(IgnoreSync ignore);
  /// Called behind each open that succeeds, with its path: what another one does to the disk before
  /// the opened file is used. May be empty.
  using OnOpen = std::function<void(const std::string& path)>;
  void on_open(OnOpen on_open);

  /// Names of all files, sorted; and a copy of the current content of one. For tests that tamper.
  std::vector<std::string> files() const;
  Bytes content(const std::string& path) const;
  /// Replaces the content of a file behind the back of whoever uses it, as if synced.
  void set_content(const std::string& path, Bytes bytes);

 private:
  friend class MemoryFile;
  struct Node {
    Bytes now, durable;
    std::set<std::uint64_t> unsynced;  // sectors
  };
  using NodeMap = std::map<std::string, std::shared_ptr<Node>>;
  struct NameChange {
    std::string directory, path;
    std::shared_ptr<Node> node;  // nullptr: removed, or a directory made
    std::string renamed_from;    // gone in the same moment; empty: nothing
    bool is_directory = false;
  };
  struct Names {
    NodeMap files;
    std::set<std::string> directories;
  };

  Result<std::unique_ptr<File>> open_now(const std::string& path, OpenMode mode);
  std::optional<DiskFault> next_fault();
  std::optional<DiskFault> next_fault_of(const std::string& path);
  Status refuse_if_faulty(const std::string& what);
  std::uint64_t used_bytes() const;
  void change_name(NameChange change);
  static void apply(const NameChange& change, Names& names);
  std::string newest_change_in(const std::string& directory) const;
  static void drop_orphans(Names& names);
  static void lose_data(Node& node, const std::function<bool()>& survives);
  void sync(Node& node);

  mutable std::mutex mutex_;
  std::uint64_t capacity_;
  Names names_, durable_names_;
  std::vector<NameChange> unsynced_names_;
  std::set<std::string> locks_;
  std::uint64_t generation_ = 0;  // rises at each crash
  std::uint64_t calls_ = 0;
  std::optional<std::uint64_t> fail_call_, fail_from_;
  DiskFault fault_ = DiskFault::kError;
  struct BadPlace {
    std::string part;
    DiskFault fault;
  };
  std::optional<BadPlace> bad_place_;
  IgnoreSync ignore_sync_;
  OnOpen on_open_;
};

}  // namespace theater::io
