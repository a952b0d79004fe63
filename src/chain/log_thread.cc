// LogWriter on its thread: sleeping, waking, and the helper that makes segments ahead of need.
#include <algorithm>

#include "chain/log_writer_impl.h"
#include "io/thread.h"

namespace theater::chain {
namespace {

constexpr std::chrono::milliseconds kHurry{500};  // for the first part of a segment

}  // namespace

bool FileLogWriter::has_work() const {
  return std::ranges::any_of(queues_, [](const auto& queue) { return queue->bytes() > 0; });
}

/// Tells it after the lock is free, or it would wake only to wait for that.
void FileLogWriter::wake_log_thread() {
  {
    const std::lock_guard lock(wake_mutex_);
    sleeping_.store(false);
  }
  wake_.notify_one();
}

void FileLogWriter::begin_group(ShardIndex shard) { shards_[shard.value]->is_grouping = true; }

/// The log thread looks at the queues after it says that it sleeps: it has seen what was submitted
/// before, or it is woken here.
void FileLogWriter::end_group(ShardIndex shard) {
  shards_[shard.value]->is_grouping = false;
  if (queues_[shard.value]->bytes() > 0) wake_if_asleep();
}

/// Sleeps until a shard publishes, the next seal or space check is due, or somebody asks to stop.
void FileLogWriter::wait_for_work() {
  std::unique_lock lock(wake_mutex_);
  sleeping_.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // see wake_if_asleep
  if (has_work() || stop_requested_) {
    sleeping_.store(false);
    return;
  }
  const auto woken = [&] { return !sleeping_.load(); };
  if (!sealed_ || watermark_behind_) {
    wake_.wait_for(lock, kSealAfterIdle, woken);
  } else if (disk_state() != DiskState::kGood) {
    wake_.wait_for(lock, kSpaceInterval, woken);
  } else {
    wake_.wait(lock, woken);
  }
  sleeping_.store(false);
}

void FileLogWriter::request_stop() {
  stop_requested_ = true;
  wake_log_thread();
}

/// A log in a hurry leaves the disk no time for zeros.
void FileLogWriter::request_spare() {
  const bool hurry = clock_.now() - segment_begun_ < kHurry;
  const std::lock_guard lock(spare_mutex_);
  spare_filling_ = hurry ? LogFiles::Filling::kAllocation : LogFiles::Filling::kZeros;
  spare_wanted_ = true;
  spare_wake_.notify_one();
}

void FileLogWriter::make_spares() {
  std::unique_lock lock(spare_mutex_);
  for (;;) {
    spare_wake_.wait(lock, [&] { return spare_wanted_ || spare_stop_; });
    if (spare_stop_) return;
    const LogFiles::Filling filling = spare_filling_;
    lock.unlock();
    log_files_.make_spare(filling);
    lock.lock();
    spare_wanted_ = false;
  }
}

void FileLogWriter::run() {
  spare_stop_ = false;
  io::Thread helper("theater-spare", [this] { make_spares(); });
  while (!stop_requested_) {
    const StepOutcome outcome = step();
    if (outcome == StepOutcome::kFailed) break;
    if (outcome != StepOutcome::kWrote) wait_for_work();
  }
  {
    const std::lock_guard lock(spare_mutex_);
    spare_stop_ = true;
    spare_wake_.notify_one();
  }
  helper.join();
}

}  // namespace theater::chain
