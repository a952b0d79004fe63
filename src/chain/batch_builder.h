// BatchBuilder: merges the shards' queues by lsn into one batch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "chain/log_format.h"
#include "chain/shard_queue.h"

namespace theater::chain {

/// The log thread's. Holds the bytes of one batch, reused from batch to batch.
class BatchBuilder {
 public:
  BatchBuilder(std::span<const std::unique_ptr<ShardQueue>> queues, std::size_t batch_bytes_max);

  /// A frame whose pay pieces await their place in the pay file.
  struct PayFrame {
    std::size_t at = 0;     // in body()
    std::size_t bytes = 0;  // of the frame
    std::unique_ptr<PayPieces> pieces;
  };

  /// Takes what has arrived from `next` on: a contiguous run of lsns, up to the first gap or the
  /// cap. Drops what it held before.
  void take(Lsn next);

  std::uint32_t frames() const { return frames_; }
  std::size_t body_bytes() const { return body_bytes_; }
  std::uint64_t taken_bytes() const { return taken_bytes_; }  // as the queues counted them
  ByteSpan leaves() const { return leaves_; }
  std::vector<PayFrame>& pay_frames() { return pay_frames_; }
  std::span<std::uint8_t> body() { return {batch_ + kBatchHeaderBytes, body_bytes_}; }
  /// True if a frame of that shard is in the batch.
  bool has_shard(std::size_t shard) const { return from_shard_[shard]; }

  /// Writes the header (body_bytes, frames and CRC are filled in) and zero padding; the bytes to
  /// store.
  ByteSpan finish(BatchHeader header);

 private:
  bool take_from(std::size_t shard, Lsn next);
  bool full(std::size_t frame_bytes) const;

  std::span<const std::unique_ptr<ShardQueue>> queues_;
  const std::size_t batch_bytes_max_;
  Bytes memory_;
  std::uint8_t* const batch_;  // in memory_, aligned for writes past the page cache
  Bytes leaves_;
  std::vector<PayFrame> pay_frames_;
  std::vector<bool> from_shard_;
  std::size_t body_bytes_ = 0;
  std::uint64_t pay_bytes_ = 0, taken_bytes_ = 0;
  std::uint32_t frames_ = 0;
};

}  // namespace theater::chain
