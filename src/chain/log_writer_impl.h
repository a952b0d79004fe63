// The LogWriter that writes to a file system.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "chain/batch_builder.h"
#include "chain/frame_builder.h"
#include "chain/log_files.h"
#include "chain/log_writer.h"
#include "chain/watermark.h"

namespace theater::chain {

class FileLogWriter final : public LogWriter {
 public:
  FileLogWriter(io::FileSystem& files, const std::string& directory, const LogPosition& end,
                const LogOptions& options, const io::Clock& clock, io::Random& random);
  /// The files, the first segment, the first watermark.
  Status open(io::FileSystem& files, const std::string& directory);

  Lsn durable() const override { return {durable_.load(std::memory_order_acquire)}; }
  std::uint64_t undurable_bytes() const override;
  DiskState disk_state() const override { return log_files_.disk_state(); }
  LogCounters counters() const override;
  ShardQueueCounters queue_counters(ShardIndex shard) const override;
  bool failed() const override { return failed_.load(std::memory_order_acquire); }
  std::string failure() const override;
  void subscribe(ShardIndex shard, io::Executor& executor,
                 std::move_only_function<void(Lsn durable)> on_durable) override;
  void await_batch(ShardIndex shard) override;
  void begin_group(ShardIndex shard) override;
  void end_group(ShardIndex shard) override;
  StepOutcome step() override;
  void run() override;
  void request_stop() override;
  Status stop() override;

 private:
  /// What the log knows of one shard. `submitted` and `is_grouping` are the shard's own.
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> submitted{0};  // bytes, ever
    std::atomic<bool> notice_pending{false}, awaits_batch{false};
    bool is_grouping = false;
    io::Executor* executor = nullptr;
    std::move_only_function<void(Lsn)> on_durable;
  };

  Result<Submitted> submit(ShardIndex shard, const Link& link, const RecordDraft& draft,
                           std::span<const Attachment> attachments) override;
  Status admit(Kind kind) const;
  /// After publishing. The fence pairs with that of wait_for_work: the shard looks whether the log
  /// thread sleeps after it has published, the log thread looks at the queues after it says that it
  /// sleeps.
  void wake_if_asleep() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (sleeping_.load(std::memory_order_relaxed)) wake_log_thread();
  }
  void wake_log_thread();
  Status write_batch(BatchHeader::Seal seal);
  Status write_pay();
  Status write_watermark(NodeState state);
  StepOutcome idle_step(MonotonicTime now);
  StepOutcome fail_stop(const Error& error);
  void publish();
  void notify(Shard& shard);
  void wait_for_work();
  bool has_work() const;
  void make_spares();
  void request_spare();

  const LogOptions options_;
  const io::Clock& clock_;
  LogFiles log_files_;
  std::unique_ptr<WatermarkFile> watermark_;
  std::vector<std::unique_ptr<ShardQueue>> queues_;
  std::vector<std::unique_ptr<Shard>> shards_;
  BatchBuilder batch_;
  LogMeter meter_;
  LogPosition end_;                  // log thread: where the next batch goes
  std::uint64_t known_durable_ = 0;  // offset in the segment
  bool sealed_ = false, watermark_behind_ = false;
  MonotonicTime last_write_, last_watermark_, segment_begun_;
  std::atomic<std::uint64_t> next_lsn_;
  std::atomic<std::uint64_t> durable_;
  std::atomic<std::uint64_t> durable_bytes_{0};
  std::atomic<bool> failed_{false};
  mutable std::mutex failure_mutex_;
  std::string failure_;

  std::atomic<bool> sleeping_{false}, stop_requested_{false};
  std::mutex wake_mutex_;
  std::condition_variable wake_;
  std::mutex spare_mutex_;
  std::condition_variable spare_wake_;
  bool spare_wanted_ = false, spare_stop_ = false;
  LogFiles::Filling spare_filling_ = LogFiles::Filling::kZeros;
};

}  // namespace theater::chain
