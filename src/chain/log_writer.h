// LogWriter: the one writer of a node's log. Group commit, one batch in flight, fail-stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "chain/attachment.h"
#include "chain/disk_state.h"
#include "chain/event.h"
#include "chain/limits.h"
#include "chain/log_counters.h"
#include "chain/log_position.h"
#include "io/clock.h"
#include "io/executor.h"
#include "io/file.h"

namespace theater::chain {

using ShardIndex = StrongNumber<struct ShardTag>;

struct LogOptions {
  std::size_t shards = 1;
  std::uint64_t segment_bytes = kSegmentBytes;
  std::size_t batch_bytes_max = kBatchBytesMax;
  std::size_t shard_queue_bytes = kShardQueueBytes;
  Reserve reserve = Reserve::kKeep;  // a segment of disk for what is under way on a full one
  /// Called on the log thread when segment `number` has begun. May be empty.
  std::function<void(std::uint64_t number)> on_segment;
};

enum class StepOutcome : std::uint8_t {
  kWrote,   // a batch is durable; there may be more
  kSealed,  // idle: the log's end is proved by a seal and the watermark
  kIdle,    // nothing to do
  kFailed,  // see failure()
};

/// What a full disk (DiskState::kHard) can still refuse: a call, which then ends in a trap, and a
/// new or another component. Everything else has happened, or ends what has begun.
bool is_refused_on_full_disk(Kind kind);

/// What became of a frame.
struct Submitted {
  Lsn lsn;
  Digest leaf;
  std::uint64_t bytes = 0;  // it takes in the log, those beside it in the pay file included
};

/// Takes frames from the shards' queues in lsn order and makes them durable.
///
/// Threads: `submit` of a shard only on that shard's thread; `step`, `run` and `stop` on the log
/// thread; the rest on any. A shard's append encodes into its own queue and draws the next lsn from
/// one counter; the log thread merges the queues by lsn up to the first gap, writes one batch,
/// syncs, publishes. After a failed write or sync nothing more is acknowledged, `submit` refuses,
/// and the process has to end: a second sync could lie. Owned by the node; ends by `stop`.
class LogWriter {
 public:
  /// Opens the log for appending at `end`, as recovery found it; makes the first segment if there
  /// is none. `files`, `clock` and `random` outlive it.
  static Result<std::unique_ptr<LogWriter>> open(io::FileSystem& files,
                                                 const std::string& directory,
                                                 const LogPosition& end, const LogOptions& options,
                                                 const io::Clock& clock, io::Random& random);
  virtual ~LogWriter() = default;
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Every frame up to this lsn survives a power cut. Never falls.
  virtual Lsn durable() const = 0;
  /// Bytes submitted and not yet durable. Who submits decides how many are too many.
  virtual std::uint64_t undurable_bytes() const = 0;
  virtual DiskState disk_state() const = 0;
  virtual LogCounters counters() const { return {}; }
  virtual ShardQueueCounters queue_counters(ShardIndex) const { return {}; }
  /// True for ever after a failed write or sync.
  virtual bool failed() const = 0;
  /// Why; empty unless failed().
  virtual std::string failure() const = 0;

  /// `on_durable(durable)` is posted to `executor` after each batch that held frames of this shard,
  /// and once when the log fails; at most one is pending. Before the first submit of the shard.
  virtual void subscribe(ShardIndex shard, io::Executor& executor,
                         std::move_only_function<void(Lsn durable)> on_durable) = 0;
  /// On the shard's thread: `on_durable` comes after the next batch too, whosever frames it holds.
  /// For one who waits until fewer bytes are undurable: they may all be other shards'. What is read
  /// of the log behind this call is news that no such batch has told already.
  virtual void await_batch(ShardIndex) {}

  /// Between the two, on the shard's thread, what the shard submits does not wake the log thread;
  /// the end does, once. So the first of a run of events that belong together does not begin a
  /// sync that the last one, for which all wait, must sit out. See SubmitGroup.
  virtual void begin_group(ShardIndex) {}
  virtual void end_group(ShardIndex) {}

  /// Writes one batch, or seals when the log has been idle for kSealAfterIdle. Tests and simulation
  /// drive the log with it; `run` does in production.
  virtual StepOutcome step() = 0;
  /// Steps, sleeping while there is nothing to do, until `request_stop` or a failure.
  virtual void run() = 0;
  virtual void request_stop() = 0;
  /// Writes what was submitted, a closing seal and the watermark. After `run` has returned.
  virtual Status stop() = 0;

 protected:
  LogWriter() = default;

 private:
  friend class ActorChain;
  /// Encodes, hashes and queues one frame. Used by ActorChain.
  virtual Result<Submitted> submit(ShardIndex shard, const Link& link, const RecordDraft& draft,
                                   std::span<const Attachment> attachments) = 0;
};

/// A group for as long as it lives. Groups of one shard do not overlap.
class SubmitGroup {
 public:
  SubmitGroup(LogWriter& log, ShardIndex shard) : log_(log), shard_(shard) {
    log_.begin_group(shard_);
  }
  ~SubmitGroup() { log_.end_group(shard_); }
  SubmitGroup(const SubmitGroup&) = delete;
  SubmitGroup& operator=(const SubmitGroup&) = delete;

 private:
  LogWriter& log_;
  ShardIndex shard_;
};

}  // namespace theater::chain
