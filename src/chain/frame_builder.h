// FrameBuilder: from a draft and its attachments to a frame in the shard's queue.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "chain/attachment.h"
#include "chain/codec.h"
#include "chain/event.h"
#include "chain/shard_queue.h"

namespace theater::chain {

/// A frame that lacks its lsn, and its CRC, which the log thread adds. Stands in the queue's memory
/// until published.
struct BuiltFrame {
  QueueEntry* entry = nullptr;
  std::unique_ptr<PayPieces> pay;  // nullptr: all is in the frame
  std::uint64_t pay_bytes = 0;
};

/// Checks the attachments against the draft, reserves room, encodes, hashes the leaf. `frame_max`:
/// bytes that a frame may have in this log. kFull: no room in the queue.
Result<BuiltFrame> build_frame(ShardQueue& queue, const Link& link, const RecordDraft& draft,
                               std::span<const Attachment> attachments, std::size_t frame_max);

}  // namespace theater::chain
