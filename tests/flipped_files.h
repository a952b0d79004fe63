// FlippedFiles: a data directory in memory, read-only, of which one bit at a time is wrong.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/file.h"

namespace theater::tests {

/// For one thread. Files opened from it must not outlive it.
class FlippedFiles final : public io::FileSystem {
 public:
  /// Loads every file below `root`, whose paths stay as they are on disk.
  static Result<std::unique_ptr<FlippedFiles>> load(const std::string& root);

  std::map<std::string, Bytes>& contents() { return contents_; }
  const std::string& root() const { return root_; }

  Result<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override;
  bool exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::unique_ptr<io::FileLock>> lock(const std::string& path) override;
  bool is_locked(const std::string&) override { return false; }
  Result<std::uint64_t> free_bytes(const std::string& path) override;

 private:
  bool is_directory(const std::string& path) const;

  std::string root_;
  std::map<std::string, Bytes> contents_;  // path -> bytes
};

}  // namespace theater::tests
