// ProgramAudit: every program that was started is heard of, and ends once.
#pragma once

#include <cstdint>
#include <map>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::sim {

/// Fed with one actor's chain in order: the programs that commits started, and their events when
/// they are delivered for the first time.
class ProgramAudit {
 public:
  Status start(std::uint64_t id);
  Status hear(ByteSpan event);
  /// Nothing is under way: all have ended.
  Status finish() const;

 private:
  enum class Life : std::uint8_t { kStarted, kEnded };
  std::map<std::uint64_t, Life> programs_;
};

}  // namespace theater::sim
