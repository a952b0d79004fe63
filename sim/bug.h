// Bug: mistakes that can be planted, to prove that the simulation would find them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace theater::sim {

enum class Bug : std::uint8_t {
  kNone,
  kLostWakeUp,        // an actor is not told that a queue has events
  kEarlyOutput,       // the gate lets outputs go before their commit is durable
  kDroppedEvent,      // an event leaves a queue and is not delivered
  kRepeatedDelivery,  // an event is delivered a second time
  kReorderedEvents,   // two events of one queue change places
  kLostOutput,        // an effect is not performed
  kRepeatedOutput,    // an effect is performed twice
  kSkippedSync,       // a batch of the log is not synced
  kSkippedPaySync,    // attachments beside the log are not synced
  kForgottenTimer,    // a timer is not in the snapshot
  kLostEnd,           // the end of an operation is delivered and was not recorded
  kEarlyRepeat,       // what a crash cut off is done again before the record of it is durable
  kIgnoredQuota,      // an actor goes on when its log is used up
};

struct BugName {
  Bug bug;
  std::string_view name;
};

inline constexpr std::array kBugNames{
    BugName{Bug::kNone, "none"},
    BugName{Bug::kLostWakeUp, "lost-wake-up"},
    BugName{Bug::kEarlyOutput, "early-output"},
    BugName{Bug::kDroppedEvent, "dropped-event"},
    BugName{Bug::kRepeatedDelivery, "repeated-delivery"},
    BugName{Bug::kReorderedEvents, "reordered-events"},
    BugName{Bug::kLostOutput, "lost-output"},
    BugName{Bug::kRepeatedOutput, "repeated-output"},
    BugName{Bug::kSkippedSync, "skipped-sync"},
    BugName{Bug::kSkippedPaySync, "skipped-pay-sync"},
    BugName{Bug::kForgottenTimer, "forgotten-timer"},
    BugName{Bug::kLostEnd, "lost-end"},
    BugName{Bug::kEarlyRepeat, "early-repeat"},
    BugName{Bug::kIgnoredQuota, "ignored-quota"},
};

constexpr std::string_view bug_name(Bug bug) {
  return kBugNames[static_cast<std::size_t>(bug)].name;
}

/// When a planted bug strikes: every so often, counted over one seed.
class Trouble {
 public:
  explicit Trouble(Bug bug = Bug::kNone) : bug_(bug) {}
  /// Whether `bug` is planted and strikes now.
  bool strikes(Bug bug) {
    if (bug != bug_) return false;
    return ++count_ % kEvery == 0;
  }
  bool is_planted(Bug bug) const { return bug == bug_; }

 private:
  static constexpr std::uint64_t kEvery = 5;
  Bug bug_;
  std::uint64_t count_ = 0;
};

}  // namespace theater::sim
