// Building batches.
#include "chain/batch_builder.h"

#include <cstring>

#include "chain/crc32c.h"
#include "io/file.h"

namespace theater::chain {
namespace {

constexpr std::uint64_t kPayBytesMax = 4 * 1024 * 1024;  // of one batch, unless one frame has more

std::uint64_t pay_bytes_of(const PayPieces* pieces) {
  std::uint64_t sum = 0;
  if (pieces != nullptr) {
    for (const PayPiece& piece : *pieces) sum += piece.bytes.size();
  }
  return sum;
}

std::uint8_t* aligned(std::uint8_t* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  return memory + (io::kDirectAlignment - address % io::kDirectAlignment) % io::kDirectAlignment;
}

}  // namespace

BatchBuilder::BatchBuilder(std::span<const std::unique_ptr<ShardQueue>> queues,
                           std::size_t batch_bytes_max)
    : queues_(queues),
      batch_bytes_max_(batch_bytes_max),
      memory_(batch_bytes_max + io::kDirectAlignment),
      batch_(aligned(memory_.data())),
      from_shard_(queues.size()) {}

bool BatchBuilder::full(std::size_t frame_bytes) const {
  return kBatchHeaderBytes + body_bytes_ + frame_bytes > batch_bytes_max_ ||
         pay_bytes_ >= kPayBytesMax;
}

/// Takes the shard's oldest frame if it is the next one and fits.
bool BatchBuilder::take_from(std::size_t shard, Lsn next) {
  QueueEntry* const entry = queues_[shard]->front();
  if (entry == nullptr || entry->lsn != next || full(entry->frame_bytes)) return false;
  std::uint8_t* const frame = batch_ + kBatchHeaderBytes + body_bytes_;
  std::memcpy(frame, entry->frame(), entry->frame_bytes);
  append(leaves_, entry->leaf.span());
  taken_bytes_ += entry->frame_bytes;
  if (entry->pay != nullptr) {
    const std::uint64_t pay_bytes = pay_bytes_of(entry->pay);
    pay_bytes_ += pay_bytes;
    taken_bytes_ += pay_bytes;
    pay_frames_.push_back(
        {body_bytes_, entry->frame_bytes, std::unique_ptr<PayPieces>(entry->pay)});
  } else {
    seal_frame({frame, entry->frame_bytes});
  }
  body_bytes_ += entry->frame_bytes;
  from_shard_[shard] = true;
  ++frames_;
  queues_[shard]->pop();
  return true;
}

void BatchBuilder::take(Lsn next) {
  leaves_.clear();
  pay_frames_.clear();
  from_shard_.assign(queues_.size(), false);
  body_bytes_ = 0;
  pay_bytes_ = taken_bytes_ = 0;
  frames_ = 0;
  // Neighbouring lsns are often of one shard: stay with it while it has the next one.
  std::size_t without_progress = 0;
  for (std::size_t shard = 0; without_progress < queues_.size();
       shard = (shard + 1) % queues_.size()) {
    const ShardQueue::Taking taking(*queues_[shard]);
    bool took = false;
    while (take_from(shard, Lsn{next.value + frames_})) took = true;
    without_progress = took ? 0 : without_progress + 1;
  }
}

ByteSpan BatchBuilder::finish(BatchHeader header) {
  header.frames = frames_;
  header.body_bytes = static_cast<std::uint32_t>(body_bytes_);
  header.body_crc = crc32c(body());
  encode(header, std::span<std::uint8_t, kBatchHeaderBytes>(batch_, kBatchHeaderBytes));
  const std::uint64_t stored = header.stored_bytes();
  const std::size_t used = kBatchHeaderBytes + body_bytes_;
  std::memset(batch_ + used, 0, stored - used);
  return ByteSpan(batch_, stored);
}

}  // namespace theater::chain
