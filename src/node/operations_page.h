// OperationsPage: what a running node's actors wait for, gathered without holding up its shards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/executor.h"
#include "node/shard_thread.h"

namespace theater::node {

/// Operations of one shard that a page tells of, and about the bytes of their lines; of further
/// ones only the number.
inline constexpr std::size_t kOperationsToldMax = 10'000;
inline constexpr std::size_t kOperationsBytesMax = 4u << 20;
/// Requests that wait for one actor, likewise.
inline constexpr std::size_t kRequestsToldMax = 1'000;
/// A page is made from what the shards have answered by then.
inline constexpr Nanoseconds kOperationsDeadline = std::chrono::seconds(1);

/// Asks every shard by a posted task, which copies and posts back; nobody waits for anybody. A
/// shard that has not answered the last question is not asked another one. A page has one JSON
/// object a line: an operation, or a request that waits; {"left_out":N}; {"unanswered":N}, shards
/// that were too busy. All members are called on the node's thread; destroyed when that runs no
/// tasks any more.
class OperationsPage {
 public:
  /// `control` is the node's thread.
  explicit OperationsPage(io::Executor& control) : control_(control) {}

  /// Before the first page; `shard` outlives this.
  void watch(ShardThread& shard) { shards_.push_back(std::make_unique<Watched>(shard)); }
  /// Calls `done` once with the page, at the latest at the deadline. Pages asked for meanwhile are
  /// the same page.
  void page(std::move_only_function<void(const std::string& page)> done);

 private:
  struct Watched {
    explicit Watched(ShardThread& thread) : shard(thread) {}
    ShardThread& shard;
    bool is_asked = false;  // and has not answered yet
    std::optional<std::string> lines;
  };
  static std::string lines_of(ShardThread& shard);
  void ask(Watched& watched);
  void take(Watched& watched, std::string lines);
  void finish();

  io::Executor& control_;
  std::vector<std::unique_ptr<Watched>> shards_;
  std::vector<std::move_only_function<void(const std::string&)>> waiting_;
  std::optional<io::TimerId> deadline_;
};

}  // namespace theater::node
