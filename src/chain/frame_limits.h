// What a log of large batches keeps in its frames beyond what limits.h grants every log: a second
// file costs a second sync.
#pragma once

#include <cstddef>

namespace theater::chain {

inline constexpr std::size_t kInlinePayloadBytesMost = 32 * 1024;
inline constexpr std::size_t kInlineFrameBytesMost = 384 * 1024;  // of attachments in one frame
inline constexpr std::size_t kInlinePayloadsInBatch = 16;  // that a batch has room for, at least
inline constexpr std::size_t kInlineFramesInBatch = 2;
inline constexpr std::size_t kTightPayloadBytesMax = 256;  // while the queue is half full

}  // namespace theater::chain
