// FakeTree: a directory tree in memory with a kernel's watches, where anything may happen between
// two calls. For tests.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hosts/file_watch/tree.h"

namespace theater::hosts::file_watch {

/// Paths as in Tree. The root exists. Operations that make no sense are ignored, as their errors
/// would be.
class FakeTree final : public Tree {
 public:
  // What happens in the tree.
  void make_directory(const std::string& path) {
    if (find(path) == nullptr) put(path, EntryKind::kDirectory);
  }
  void write(const std::string& path) {
    Inode* const there = find(path);
    if (there == nullptr) put(path, EntryKind::kFile);
    Inode* const file = find(path);
    if (file == nullptr || file->found.kind != EntryKind::kFile) return;
    file->version = ++writes_;
    file->found.modified_ns = static_cast<std::int64_t>(writes_ / kWritesInATick);
    signal(path, Sign::kWritten);
  }
  void remove(const std::string& path) {
    Inode* const there = find(path);
    if (path.empty() || there == nullptr || !there->children.empty()) return;
    const auto [parent, name] = split(path);
    lose(*there);
    find(parent)->children.erase(name);
    signal(path, Sign::kChanged);
  }
  void rename(const std::string& from, const std::string& to) {
    Inode* const moved = find(from);
    Inode* const target = find(to);
    const auto [to_parent, to_name] = split(to);
    Inode* const directory = find(to_parent);
    const bool makes_sense =
        !from.empty() && !to.empty() && moved != nullptr && from != to && directory != nullptr &&
        directory->found.kind == EntryKind::kDirectory && !(to + "/").starts_with(from + "/") &&
        (target == nullptr ||
         (target->children.empty() && target->found.kind == moved->found.kind));
    if (!makes_sense) return;
    const std::uint32_t cookie = ++cookies_;
    if (target != nullptr) lose(*target);
    const auto [from_parent, from_name] = split(from);
    std::unique_ptr<Inode> owned = std::move(find(from_parent)->children.at(from_name));
    find(from_parent)->children.erase(from_name);
    signal(from, Sign::kMovedFrom, cookie);
    find(to_parent)->children.insert_or_assign(to_name, std::move(owned));
    signal(to, Sign::kMovedTo, cookie);
  }

  /// Everything there is below the root, with what was written last; 0: nothing, or a directory.
  std::map<std::string, std::uint64_t> versions() const {
    std::map<std::string, std::uint64_t> versions;
    collect(root_, "", versions);
    return versions;
  }
  std::size_t watches() const { return by_watch_.size(); }
  /// The kernel forgets every watch and signal, as when the descriptor closes.
  void close() {
    for (const auto& [id, inode] : by_watch_) inode->watch.reset();
    by_watch_.clear();
    signals.clear();
  }

  // Tree.
  Result<Scan> scan(const std::string& path, std::uint64_t entries_max) override {
    happen();
    Inode* const directory = find(path);
    if (scan_failure) return std::unexpected(*scan_failure);
    if (directory == nullptr || directory->found.kind != EntryKind::kDirectory) {
      return fail(Code::kNotFound, "no directory {}", path);
    }
    if (!directory->watch) {
      directory->watch = WatchId{++watches_};
      by_watch_[*directory->watch] = directory;
    }
    Scan scan{*directory->watch, directory->found, {}};
    const WatchId watch = scan.watch;
    happen();
    const auto still = by_watch_.find(watch);
    if (still == by_watch_.end()) return scan;  // removed: nothing is in it
    for (const auto& [name, child] : still->second->children) {
      if (scan.entries.size() >= entries_max) return fail(Code::kFull, "entries_max");
      scan.entries.push_back({name, child->found});
    }
    return scan;
  }
  Result<std::optional<Found>> look(const std::string& path) override {
    happen();
    const Inode* const there = find(path);
    if (there == nullptr) return std::nullopt;
    return there->found;
  }
  void forget(WatchId watch) override {
    const auto found = by_watch_.find(watch);
    if (found == by_watch_.end()) return;
    found->second->watch.reset();
    by_watch_.erase(found);
    signals.push_back({Sign::kWatchLost, watch, {}, 0});
  }
  int descriptor() const override { return -1; }
  Status read(std::vector<Signal>& out) const override {
    out.insert(out.end(), signals.begin(), signals.end());
    signals.clear();
    return {};
  }

  mutable std::vector<Signal> signals;
  std::function<void()> meanwhile;  // before each step of each call
  std::optional<Error> scan_failure;

 private:
  /// The clock of a file system is coarse: two writes may leave the same time behind.
  static constexpr std::uint64_t kWritesInATick = 4;

  struct Inode {
    Found found;
    std::uint64_t version = 0;  // of its content
    std::optional<WatchId> watch;
    std::map<std::string, std::unique_ptr<Inode>> children;
  };

  static std::pair<std::string, std::string> split(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
  }
  Inode* find(const std::string& path) {
    Inode* node = &root_;
    for (std::string rest = path; !rest.empty();) {
      const std::size_t slash = rest.find('/');
      const auto child = node->children.find(rest.substr(0, slash));
      if (child == node->children.end()) return nullptr;
      node = child->second.get();
      rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
    }
    return node;
  }
  void put(const std::string& path, EntryKind kind) {
    const auto [parent, name] = split(path);
    Inode* const directory = find(parent);
    if (directory == nullptr || directory->found.kind != EntryKind::kDirectory) return;
    auto inode = std::make_unique<Inode>();
    inode->found.kind = kind;
    // A file system gives the number of what was removed to what is made next.
    inode->found.inode = free_.empty() ? ++inodes_ : *free_.begin();
    free_.erase(inode->found.inode);
    directory->children.emplace(name, std::move(inode));
    signal(path, Sign::kChanged);
  }
  /// The inode is about to go, and its watch with it.
  void lose(Inode& inode) {
    free_.insert(inode.found.inode);
    if (!inode.watch) return;
    by_watch_.erase(*inode.watch);
    signals.push_back({Sign::kWatchLost, *inode.watch, {}, 0});
  }
  void signal(const std::string& path, Sign sign, std::uint32_t cookie = 0) {
    const auto [parent, name] = split(path);
    const Inode* const directory = find(parent);
    if (directory != nullptr && directory->watch) {
      signals.push_back({sign, *directory->watch, name, cookie});
    }
  }
  void happen() {
    if (meanwhile) meanwhile();
  }
  static void collect(const Inode& inode, const std::string& prefix,
                      std::map<std::string, std::uint64_t>& versions) {
    for (const auto& [name, child] : inode.children) {
      versions[prefix + name] = child->version;
      collect(*child, prefix + name + "/", versions);
    }
  }

  Inode root_{{EntryKind::kDirectory, 0, 1, 0, 0}, 0, {}, {}};
  std::map<WatchId, Inode*> by_watch_;
  std::set<std::uint64_t> free_;
  std::uint64_t inodes_ = 1, watches_ = 0, writes_ = 0;
  std::uint32_t cookies_ = 0;
};

}  // namespace theater::hosts::file_watch
