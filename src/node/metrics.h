// Metrics: one page of numbers about a node, gathered without holding up its shards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actor/figure.h"
#include "chain/log_writer.h"
#include "io/clock.h"
#include "io/executor.h"
#include "io/queue_meter.h"
#include "node/metrics_text.h"
#include "node/shard_thread.h"

namespace theater::node {

/// Actors that are measured on each shard; of further ones only the number is told.
inline constexpr std::size_t kActorsMeasuredMax = 1000;
/// Actors that one task of a shard measures; the next ones wait for the shard's other work.
inline constexpr std::size_t kActorsAtOnce = 32;
/// A page is made from what the shards have answered by then.
inline constexpr Nanoseconds kMeasureDeadline = std::chrono::seconds(1);

/// Asks every shard by a posted task, which copies numbers and posts them back; nobody waits for
/// anybody. A shard that has not answered the last question is not asked another one. All members
/// are called on the node's thread; destroyed when that runs no tasks any more.
class Metrics {
 public:
  struct Parts {
    io::Executor& control;  // the node's thread
    const io::Clock& clock;
    const chain::LogWriter& log;
  };
  explicit Metrics(const Parts& parts) : parts_(parts) {}

  /// Before the first page; `shard` outlives this.
  void watch(ShardThread& shard) { shards_.push_back(std::make_unique<Watched>(shard)); }

  /// A queue between threads of the node, under a name that is a literal. Before the first page.
  using ReadQueue = std::function<io::QueueFigures()>;
  void watch_queue(std::string_view name, ReadQueue read) {
    queues_.emplace_back(name, std::move(read));
  }

  /// Calls `done` once with the page, at the latest at the deadline. Pages asked for meanwhile are
  /// the same page.
  void page(std::move_only_function<void(const std::string& page)> done);

 private:
  /// What one shard answers.
  struct Answer {
    actor::Figures own;
    std::vector<actor::ActorFigures> actors;
  };
  struct Watched {
    explicit Watched(ShardThread& thread) : shard(thread) {}
    ShardThread& shard;
    bool is_asked = false;  // and has not answered yet
    std::optional<Answer> answer;
  };

  void ask(std::size_t index);
  void add_queues(MetricsText& text) const;
  static void measure(ShardThread& shard, Answer& answer);
  void go_on(std::size_t index, Answer answer);
  void take(std::size_t index, Answer answer);
  void finish();
  std::string render() const;

  const Parts parts_;
  std::vector<std::unique_ptr<Watched>> shards_;
  std::vector<std::pair<std::string_view, ReadQueue>> queues_;
  std::vector<std::move_only_function<void(const std::string&)>> waiting_;
  std::optional<io::TimerId> deadline_;
};

}  // namespace theater::node
