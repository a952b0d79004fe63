// LogPosition: a place in a node's log, for people and for recovery.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "chain/hash.h"

namespace theater::chain {

/// Where something stands on disk.
struct Location {
  std::string file;          // name in the data directory: "log/seg-0000000001.log"
  std::uint64_t offset = 0;  // bytes
  bool operator==(const Location&) const = default;
};

/// The end of the log: where the next batch goes and what it has to continue.
struct LogPosition {
  std::uint64_t segment = 0;  // 0: the log has no segment yet
  std::uint64_t offset = 0;
  std::uint64_t epoch = 0;   // of the batches to come
  std::uint64_t number = 1;  // of the next batch
  Lsn next_lsn{1};
  BatchLink link;  // of the batch before
  NodeId node;
};

}  // namespace theater::chain
