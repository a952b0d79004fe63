// LogWriter: batches, seals, watermarks, and the end of all writing after a failure.
#include "chain/log_writer.h"

#include <algorithm>

#include "base/check.h"
#include "base/probe.h"
#include "chain/kind_rules.h"
#include "chain/log_writer_impl.h"

namespace theater::chain {
namespace {

LogFilesOptions file_options(const LogOptions& options) {
  return {options.segment_bytes, static_cast<std::uint32_t>(options.batch_bytes_max),
          options.reserve};
}

std::vector<std::unique_ptr<ShardQueue>> make_queues(const LogOptions& options) {
  std::vector<std::unique_ptr<ShardQueue>> queues;
  for (std::size_t i = 0; i < options.shards; ++i) {
    queues.push_back(std::make_unique<ShardQueue>(options.shard_queue_bytes));
  }
  return queues;
}

Status check_options(const LogOptions& options) {
  const bool good =
      options.shards >= 1 && options.shards <= kShardsMax &&
      options.segment_bytes >= kSegmentBytesMin && options.segment_bytes <= kSegmentBytesMax &&
      options.segment_bytes % kSectorBytes == 0 && options.batch_bytes_max >= kBatchBytesMin &&
      options.batch_bytes_max <= kBatchBytesMax && options.batch_bytes_max % kSectorBytes == 0 &&
      options.batch_bytes_max + kSegmentHeaderBytes <= options.segment_bytes &&
      options.shard_queue_bytes >= kShardQueueBytesMin;
  return good ? Status{} : fail(Code::kInvalid, "the log's options are out of bounds");
}

}  // namespace

bool is_refused_on_full_disk(Kind kind) {
  return is_call(kind) || kind == Kind::kGenesis || kind == Kind::kUpgrade;
}

Result<std::unique_ptr<LogWriter>> LogWriter::open(io::FileSystem& files,
                                                   const std::string& directory,
                                                   const LogPosition& end,
                                                   const LogOptions& options,
                                                   const io::Clock& clock, io::Random& random) {
  TRY_OK(check_options(options));
  auto writer = std::make_unique<FileLogWriter>(files, directory, end, options, clock, random);
  TRY_OK(writer->open(files, directory));
  return writer;
}

FileLogWriter::FileLogWriter(io::FileSystem& files, const std::string& directory,
                             const LogPosition& end, const LogOptions& options,
                             const io::Clock& clock, io::Random& random)
    : options_(options),
      clock_(clock),
      log_files_(files, directory, file_options(options), random),
      queues_(make_queues(options)),
      batch_(queues_, options.batch_bytes_max),
      end_(end),
      next_lsn_(end.next_lsn.value),
      durable_(end.next_lsn.value - 1) {
  for (std::size_t i = 0; i < options.shards; ++i) shards_.push_back(std::make_unique<Shard>());
}

Status FileLogWriter::open(io::FileSystem& files, const std::string& directory) {
  TRY(watermark_, WatermarkFile::open(files, directory));
  TRY_OK(log_files_.open(end_));
  if (!log_files_.has_segment()) TRY_OK(log_files_.begin_segment(end_));
  known_durable_ = end_.offset;
  sealed_ = true;
  last_write_ = segment_begun_ = clock_.now();
  return write_watermark(NodeState::kRunning);
}

std::uint64_t FileLogWriter::undurable_bytes() const {
  std::uint64_t submitted = 0;
  const std::uint64_t done = durable_bytes_.load(std::memory_order_seq_cst);
  for (const auto& shard : shards_) submitted += shard->submitted.load(std::memory_order_acquire);
  return submitted - done;
}

LogCounters FileLogWriter::counters() const {
  LogCounters counters = meter_.read();
  const std::uint64_t done = durable_.load(std::memory_order_acquire);
  counters.undurable_events = next_lsn_.load(std::memory_order_relaxed) - 1 - done;
  return counters;
}

ShardQueueCounters FileLogWriter::queue_counters(ShardIndex shard) const {
  const ShardQueue& queue = *queues_.at(shard.value);
  return {queue.bytes(), queue.high_water_bytes(), queue.refused()};
}

std::string FileLogWriter::failure() const {
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

void FileLogWriter::subscribe(ShardIndex shard, io::Executor& executor,
                              std::move_only_function<void(Lsn durable)> on_durable) {
  Shard& subscriber = *shards_.at(shard.value);
  subscriber.executor = &executor;
  subscriber.on_durable = std::move(on_durable);
}

/// Before the shard looks at durable_bytes_, which publish() changes before it looks here: one of
/// the two sees the other's.
void FileLogWriter::await_batch(ShardIndex shard) {
  shards_[shard.value]->awaits_batch.store(true, std::memory_order_seq_cst);
}

Status FileLogWriter::admit(Kind kind) const {
  if (failed()) return fail(Code::kIo, "the log has failed: {}", failure());
  if (disk_state() != DiskState::kHard || !is_refused_on_full_disk(kind)) return {};
  return fail(Code::kNoSpace, "the disk is full");
}

Result<Submitted> FileLogWriter::submit(ShardIndex shard, const Link& link,
                                        const RecordDraft& draft,
                                        std::span<const Attachment> attachments) {
  TRY_OK(admit(draft.kind));
  ShardQueue& queue = *queues_[shard.value];
  const std::size_t frame_max = options_.batch_bytes_max - kBatchHeaderBytes;
  TRY(BuiltFrame built, build_frame(queue, link, draft, attachments, frame_max));
  // Nothing may fail from here on: a drawn lsn that never arrives would stop the log.
  QueueEntry& entry = *built.entry;
  const Submitted done{{next_lsn_.fetch_add(1, std::memory_order_relaxed)},
                       entry.leaf,
                       entry.frame_bytes + built.pay_bytes};
  entry.lsn = done.lsn;
  store_le<std::uint64_t>(entry.frame() + 8, done.lsn.value);
  entry.pay = built.pay.release();
  auto& submitted = shards_[shard.value]->submitted;
  submitted.store(submitted.load(std::memory_order_relaxed) + done.bytes,
                  std::memory_order_release);
  queue.publish(entry);
  if (!shards_[shard.value]->is_grouping) wake_if_asleep();
  return done;
}

Status FileLogWriter::write_pay() {
  for (BatchBuilder::PayFrame& frame : batch_.pay_frames()) {
    std::uint8_t* const bytes = batch_.body().data() + frame.at;
    for (const PayPiece& piece : *frame.pieces) {
      TRY(const std::uint64_t offset, log_files_.append_pay(piece.bytes));
      store_le<std::uint32_t>(bytes + piece.place_at, static_cast<std::uint32_t>(end_.segment));
      store_le<std::uint64_t>(bytes + piece.place_at + 4, offset);
    }
    seal_frame({bytes, frame.bytes});
  }
  return batch_.pay_frames().empty() ? Status{} : log_files_.sync_pay();
}

/// Makes what `batch_` holds durable and publishes it.
Status FileLogWriter::write_batch(BatchHeader::Seal seal) {
  const std::uint64_t stored = round_to_sector(kBatchHeaderBytes + batch_.body_bytes());
  if (!log_files_.fits(end_, stored)) {
    TRY_OK(log_files_.begin_segment(end_));
    known_durable_ = end_.offset;
    segment_begun_ = clock_.now();
    if (options_.on_segment) options_.on_segment(end_.segment);
  }
  if (!batch_.pay_frames().empty()) PROBE("log: a batch with attachments beside it");
  TRY_OK(write_pay());
  BatchHeader header;
  header.seal = seal;
  header.epoch = end_.epoch;
  header.uuid = log_files_.uuid();
  header.number = end_.number;
  header.first_lsn = end_.next_lsn;
  header.durable_upto = known_durable_;
  header.link = batch_link(end_.link, {end_.number, end_.next_lsn}, batch_.leaves());
  TRY_OK(log_files_.segment().write_at(end_.offset, batch_.finish(header)));
  const MonotonicTime sync_begun = clock_.now();
  meter_.begins_sync(sync_begun);
  TRY_OK(log_files_.segment().sync_data());
  meter_.synced(clock_.now() - sync_begun);
  meter_.wrote_batch(batch_.frames());
  end_.offset += stored;
  end_.number += 1;
  end_.next_lsn = {end_.next_lsn.value + batch_.frames()};
  end_.link = header.link;
  known_durable_ = end_.offset;
  sealed_ = seal == BatchHeader::Seal::kYes;
  watermark_behind_ = true;
  publish();
  return {};
}

void FileLogWriter::publish() {
  durable_.store(end_.next_lsn.value - 1, std::memory_order_release);
  durable_bytes_.store(durable_bytes_.load(std::memory_order_relaxed) + batch_.taken_bytes(),
                       std::memory_order_seq_cst);
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const bool is_awaited = shards_[i]->awaits_batch.exchange(false, std::memory_order_seq_cst);
    if (is_awaited || batch_.has_shard(i)) notify(*shards_[i]);
  }
}

void FileLogWriter::notify(Shard& shard) {
  if (shard.executor == nullptr || shard.notice_pending.exchange(true)) return;
  shard.executor->post([this, &shard] {
    shard.notice_pending.store(false);
    shard.on_durable(durable());
  });
}

Status FileLogWriter::write_watermark(NodeState state) {
  Watermark watermark;
  watermark.state = state;
  watermark.node = end_.node;
  watermark.epoch = end_.epoch;
  watermark.segment = end_.segment;
  watermark.offset = end_.offset;
  watermark.lsn = {end_.next_lsn.value - 1};
  watermark.number = end_.number - 1;
  watermark.link = end_.link;
  TRY_OK(watermark_->write(watermark));
  last_watermark_ = clock_.now();
  watermark_behind_ = false;
  log_files_.check_space();
  return {};
}

StepOutcome FileLogWriter::fail_stop(const Error& error) {
  {
    const std::lock_guard lock(failure_mutex_);
    failure_ = error.message;
  }
  PROBE("log: failed for ever");
  failed_.store(true, std::memory_order_release);
  for (const auto& shard : shards_) notify(*shard);
  return StepOutcome::kFailed;
}

StepOutcome FileLogWriter::idle_step(MonotonicTime now) {
  if (sealed_ && !watermark_behind_) {
    if (disk_state() != DiskState::kGood && now - last_watermark_ >= kSpaceInterval) {
      last_watermark_ = now;
      log_files_.check_space();
    }
    return StepOutcome::kIdle;
  }
  if (now - last_write_ < kSealAfterIdle) return StepOutcome::kIdle;
  if (!sealed_) {
    if (const Status sealed = write_batch(BatchHeader::Seal::kYes); !sealed) {
      return fail_stop(sealed.error());
    }
  }
  if (const Status written = write_watermark(NodeState::kRunning); !written) {
    return fail_stop(written.error());
  }
  return StepOutcome::kSealed;
}

StepOutcome FileLogWriter::step() {
  if (failed()) return StepOutcome::kFailed;
  batch_.take(end_.next_lsn);
  const MonotonicTime now = clock_.now();
  if (batch_.frames() == 0) return idle_step(now);
  last_write_ = now;
  if (const Status written = write_batch(BatchHeader::Seal::kNo); !written) {
    return fail_stop(written.error());
  }
  if (now - last_watermark_ >= kWatermarkInterval) {
    if (const Status written = write_watermark(NodeState::kRunning); !written) {
      return fail_stop(written.error());
    }
  }
  if (log_files_.wants_spare(end_)) request_spare();
  return StepOutcome::kWrote;
}

Status FileLogWriter::stop() {
  StepOutcome outcome = StepOutcome::kWrote;
  while (outcome == StepOutcome::kWrote) outcome = step();
  if (outcome == StepOutcome::kFailed) return fail(Code::kIo, "{}", failure());
  CHECK(undurable_bytes() == 0, "CHAIN-4");
  Status ended = sealed_ ? Status{} : write_batch(BatchHeader::Seal::kYes);
  if (ended) ended = write_watermark(NodeState::kStopped);
  if (!ended) fail_stop(ended.error());
  return ended;
}

}  // namespace theater::chain
