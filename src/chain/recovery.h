// Recovery: finds the end of a log by the evidence rule and makes it ready for appending.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "chain/event_body.h"
#include "chain/log_position.h"
#include "io/file.h"

namespace theater::chain {

/// Where a log ends that recover() has made ready for appending. A value.
struct Recovery {
  LogPosition end;  // for LogWriter::open; its epoch is above every one used so far
  /// After a crash (the log was not closed by stop): what the `recovery` event has to say.
  std::optional<RecoveryBody> after_crash;
  bool from_index = false;  // what is before the indexed place was not read
};

/// Reads the log in `directory` to its end: from its first batch, or from the begin of the segment
/// that `indexed` names, if the segment's header says the same of what is before it. TORN: zeroes
/// at most one batch cap behind the end, cuts the pay file to what is referred to. Whatever was
/// found is durable when this returns: last batch, names of files. CORRUPT:
/// kCorrupt, the message names file and offset, and nothing is changed (CHAIN-4). A log that does
/// not exist yet is an empty one. `indexed` is evidence: a log that ends before it has lost what
/// was acknowledged.
Result<Recovery> recover(io::FileSystem& files, const std::string& directory, const NodeId& node,
                         const std::optional<LogPosition>& indexed = std::nullopt);

}  // namespace theater::chain
