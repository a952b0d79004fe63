// IndexVerifier: checks that an index is whole and says of the log what the log says.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "chain/verify.h"
#include "chain/verify_log.h"
#include "io/file.h"
#include "store/log_index.h"

namespace theater::store {

/// Reads the indexes of a node, then is shown each segment on the way through the log. One use.
class IndexVerifier {
 public:
  /// An index that is damaged is noted as such; an Error means that a file could not be read.
  Status load(io::FileSystem& files, const std::string& root, const NodeId& node);
  /// The log's verification enters a segment; `log` knows the chains before it.
  void enter(const chain::SegmentHeader& header, const chain::LogVerifier& log);
  /// The first thing that is wrong; after the log was read.
  std::optional<chain::BadEvent> finish() const;
  std::uint64_t bytes() const { return bytes_; }

 private:
  void refuse(std::uint64_t segment, std::string reason);

  std::map<std::uint64_t, LogIndex> indexes_;  // by segment; those not met yet
  std::optional<chain::BadEvent> bad_;
  std::uint64_t bytes_ = 0;
};

}  // namespace theater::store
