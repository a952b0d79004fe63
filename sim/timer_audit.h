// TimerAudit: every timer that a chain sets ticks as often as it must and no more.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::sim {

/// One actor's. Fed with committed effects and delivered ticks in the order of the chain.
class TimerAudit {
 public:
  Status effect(const std::string& function, ByteSpan arguments);
  Status tick(ByteSpan event);
  /// After every due time has passed and all ticks were delivered.
  Status finish() const;

 private:
  struct Once {
    std::uint64_t ticks = 0;
  };
  struct Periodic {
    std::set<std::uint64_t> periods_ns;  // all it ever had
    std::uint64_t ticks_since_change = 0;
    std::uint64_t last_due_ns = 0;
    std::uint64_t changes = 0;    // each may shift the phase once
    std::uint64_t odd_spans = 0;  // such shifts seen
    bool is_armed = false;
  };
  std::map<std::string, Once> onces_;
  std::map<std::string, Periodic> periodics_;
};

}  // namespace theater::sim
