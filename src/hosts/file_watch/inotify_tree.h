// InotifyTree: a directory tree and the kernel's watches on it.
#pragma once

#include <atomic>
#include <memory>

#include "hosts/file_watch/tree.h"
#include "io/beneath.h"

namespace theater::hosts::file_watch {

/// One inotify instance for one tree. Directories are opened below the root by openat2, without
/// links, and watched through the opened descriptor: what is read is what is watched.
class InotifyTree final : public Tree {
 public:
  InotifyTree(std::unique_ptr<io::Beneath> root, io::OwnedDescriptor inotify)
      : root_(std::move(root)), inotify_(std::move(inotify)) {}

  Result<Scan> scan(const std::string& path, std::uint64_t entries_max) override;
  Result<std::optional<Found>> look(const std::string& path) override;
  void forget(WatchId watch) override;
  int descriptor() const override { return inotify_.get(); }
  Status read(std::vector<Signal>& signals) const override;

 private:
  Result<WatchId> watch(int directory, const std::string& path);

  const std::unique_ptr<io::Beneath> root_;
  const io::OwnedDescriptor inotify_;
  std::atomic<int> root_watch_{-1};  // set by the first scan, read on the shard
};

/// Opens trees below one granted directory, which must exist by then.
class InotifyOpener final : public TreeOpener {
 public:
  explicit InotifyOpener(std::string directory) : directory_(std::move(directory)) {}
  Result<std::unique_ptr<Tree>> open(const std::string& path) const override;

 private:
  const std::string directory_;
};

}  // namespace theater::hosts::file_watch
