// OpenWork: what one actor waits for, read from its chain: operations without a handled end, and a
// host function that has not answered yet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actor/family_info.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "replay/event_types.h"
#include "store/stored_event.h"

namespace theater::replay {

/// One thing that is waited for.
struct OpenItem {
  enum class What : std::uint8_t {
    kOperation,
    kEnd,   // an operation's last event is recorded, and was not handled
    kWait,  // the guest is suspended in a call
  };
  What what = What::kOperation;
  std::uint64_t id = 0;        // of the operation; of a wait the seq of its host-req
  std::string function;        // "theater:actor/http-client@0.1.0#start"
  std::string arguments;       // "(get, \"http://...\")"
  std::string phase;           // of a recorded end: "done"
  std::uint64_t since_us = 0;  // when it was started, or its end recorded
  std::uint64_t attempt = 1;
  std::optional<std::uint64_t> deadline_us;  // of an operation: add_deadlines()
  /// The call that started an operation.
  struct Start {
    std::size_t family = 0, function = 0;
    Bytes arguments;
  };
  Start start;
};

/// Fed with all of one actor's events, in order, with their bytes. `families` outlive it.
class OpenWork {
 public:
  explicit OpenWork(std::span<const actor::FamilyInfo* const> families)
      : families_(families), types_(families) {}

  void add(const store::StoredEvent& event);
  /// By age.
  std::vector<OpenItem> items() const;

 private:
  void add_starts(const store::StoredEvent& event);
  void add_record(const store::StoredEvent& event);
  void add_wait(const store::StoredEvent& event);
  void end_invocation(const store::StoredEvent& event);

  std::span<const actor::FamilyInfo* const> families_;
  EventTypes types_;
  std::map<std::uint64_t, OpenItem> operations_;  // by id
  std::map<Seq, std::uint64_t> ended_;            // op records: whose end they hold
  std::vector<std::uint64_t> delivered_;          // ends in the invocation under way
  std::size_t inputs_ = 0;                        // of that
  bool asked_once_ = false;                       // that made a call that must not be made twice
  std::optional<OpenItem> wait_;
};

}  // namespace theater::replay
