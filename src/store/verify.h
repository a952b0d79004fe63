// verify: checks everything a data directory holds, and names the first bad event.
#pragma once

#include <string>

#include "base/result.h"
#include "chain/verify.h"
#include "io/file.h"

namespace theater::store {

/// Reads the whole directory and changes nothing: node identity, segment headers, batches (header,
/// CRCs, link, zero padding), records (canonical form, kind rules, seq, prev, time, references,
/// page and payload digests, state roots from deltas), the watermark, snapshots, components, and
/// that every byte which holds nothing is zero. An Error means that there is nothing to verify
/// (no such directory, not a data directory, unreadable); damage is `report.bad` (CHAIN-4).
Result<chain::VerifyReport> verify(io::FileSystem& files, const std::string& root,
                                   const chain::VerifyOptions& options);

}  // namespace theater::store
