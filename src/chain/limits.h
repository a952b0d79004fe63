// The bounds of the chain room: sizes of the format (fixed for ever) and of the writer (defaults).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace theater::chain {

// Of the format.
inline constexpr std::size_t kRecordBytesMax = 4096;
inline constexpr std::size_t kInlineItemsMax = 8;  // inputs or outputs in a record; more: a page
inline constexpr std::size_t kPageItemsMax = 1024;
inline constexpr std::size_t kPayloadsMax = 2;  // commitments under key 9
inline constexpr std::size_t kNameBytesMax = 256;
inline constexpr std::size_t kQueueNameBytesMax = 64;
inline constexpr std::size_t kSectorBytes = 512;                 // batches start at multiples of it
inline constexpr std::size_t kInlinePayloadBytesMax = 4 * 1024;  // larger ones: the pay file
inline constexpr std::size_t kInlineDeltaBytesMax = 32 * 1024;
inline constexpr std::size_t kInlineFrameBytesMax = 192 * 1024;  // of attachments in one frame
inline constexpr std::size_t kChunkBytes = 4096;                 // of a state
inline constexpr std::uint64_t kPayloadBytesMax = std::uint64_t{1} << 30;  // of one payload
inline constexpr std::uint64_t kPayOffsetMax = std::uint64_t{1} << 62;     // in a pay file
inline constexpr std::uint64_t kStateBytesMax = std::uint64_t{1} << 32;
inline constexpr std::size_t kBatchBytesMax = 1024 * 1024;  // header and padding included
inline constexpr std::size_t kBatchBytesMin = 8 * 1024;     // what an option may lower it to
inline constexpr std::size_t kWatermarkSlotBytes = 4096;
inline constexpr std::uint64_t kSegmentBytesMin = 16 * 1024;
inline constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{1} << 30;

// Of a reader.
inline constexpr std::size_t kBatchPlacesMax = 64 * 1024;  // that it remembers; 32 bytes each

// Of the writer.
inline constexpr std::uint64_t kSegmentBytes = 64ull * 1024 * 1024;
inline constexpr std::size_t kShardQueueBytes = 16ull * 1024 * 1024;
inline constexpr std::chrono::milliseconds kSealAfterIdle{10};
inline constexpr std::chrono::milliseconds kWatermarkInterval{10};
inline constexpr std::size_t kShardQueueBytesMin = 512 * 1024;
inline constexpr std::chrono::milliseconds kSpaceInterval{1000};  // looks at a full disk again
inline constexpr std::size_t kShardsMax = 256;

}  // namespace theater::chain
