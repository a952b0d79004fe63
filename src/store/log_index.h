// LogIndex: every chain as it was where a segment begins, so that a start need not read the log
// before it. Derived: whatever is wrong with it, the log tells the same. docs/formats/chain.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/log_position.h"
#include "io/file.h"
#include "store/history_scan.h"

namespace theater::store {

/// Format 1 lacks the bytes that a chain takes in the log: it is good, and of no use for a start.
inline constexpr std::uint32_t kIndexFormat = 2;

/// What one index file holds. Covers durable events only: a segment has its name only when all
/// before it is durable.
struct LogIndex {
  chain::LogPosition at;  // the begin of a segment, and what its header says of the log before
  std::vector<std::unique_ptr<GatheredActor>> actors;  // in the order of their genesis
  std::uint32_t format = kIndexFormat;
};

Bytes encode(const LogIndex& index);
/// kCorrupt: anything that encode would not have written. Checks the digest first.
Result<LogIndex> decode_index(ByteSpan bytes);

/// "<folder>/<10 digits of the segment>.idx".
std::string index_path(const std::string& root, std::uint64_t segment);
/// The segment in such a name; nothing for other names.
std::optional<std::uint64_t> index_segment(std::string_view name);

/// The bytes of an index file, once its header fits its size: nothing that is forged or sparse may
/// cost memory. kNotFound, kCorrupt, kTooLarge.
Result<Bytes> read_index_file(io::FileSystem& files, const std::string& root,
                              std::uint64_t segment);

/// The newest index of the node's log that is whole and of the present format; nothing without one.
/// What it says of the log is for the caller to compare with the segment's header.
Result<std::unique_ptr<LogIndex>> load_index(io::FileSystem& files, const std::string& root,
                                             const NodeId& node);

/// Removes every index: nothing may be built on one that contradicts the log.
Status remove_indexes(io::FileSystem& files, const std::string& root);

/// Reads the log from the newest fitting index on, and writes the index of the begin of `segment`:
/// durably, by rename; older ones are removed. Reads durable batches only, so that it may stand
/// beside a writing node, at `pace`. On any error there is no new index, and nothing else has
/// changed.
Status write_index(io::FileSystem& files, const std::string& root, std::uint64_t segment,
                   io::Pace* pace = nullptr);

}  // namespace theater::store
