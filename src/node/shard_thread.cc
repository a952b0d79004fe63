// One shard of a node: its thread and what runs on it.
#include "node/shard_thread.h"

#include <algorithm>

#include "base/check.h"

namespace theater::node {
namespace {

constexpr Nanoseconds kDrainPoll = Milliseconds(1);

}  // namespace

ShardThread::ShardThread(const Shared& shared, std::uint64_t index)
    : log_(shared.log),
      guest_log_(shared.guest_log),
      network_(executor_),
      resolver_(shared.lookups, executor_),
      descriptors_(executor_),
      shard_({executor_, clock_, random_, log_, {index}, &shared.worker}) {}

ShardThread::~ShardThread() {
  CHECK(!thread_, "a shard is stopped before it goes");
  CHECK(actors_.empty(), "END-1");
}

void ShardThread::start() {
  thread_.emplace(fmt::format("shard {}", shard_.ports().index.value), [this] { executor_.run(); });
}

void ShardThread::stop() {
  if (!thread_) return;
  executor_.post([this] { finish_when_drained(); });
  thread_->join();
  thread_.reset();
}

void ShardThread::finish_when_drained() {
  std::erase_if(actors_,
                [this](const auto& actor) { return log_.failed() || actor->may_destroy(); });
  if (actors_.empty()) {
    executor_.stop();
    return;
  }
  executor_.after(kDrainPoll, [this] { finish_when_drained(); });
}

}  // namespace theater::node
