// fetch: one small page from a server of this machine's administration, waiting for it.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace theater::io {

inline constexpr std::size_t kFetchBytesMax = 64u << 20;

/// The body of "GET path" from "ADDRESS:PORT" (numeric). Blocks at most `patience` for each step:
/// for commands, never on a shard. An answer other than 200 is
/// kInvalid and says the status.
Result<std::string> fetch(const std::string& address, const std::string& path,
                          Nanoseconds patience);

}  // namespace theater::io
