// Tape: what a chain keeps of a life's calls, which is less than they answered; and whether a
// replay, which has that and the family's table alone, tells the guest the same.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <vector>

#include "actor/folding.h"
#include "host/fake_actor.h"
#include "wasm/binary.h"

namespace theater::host::conformance {

/// Of one rehearsal. Calls are noted as they are answered, in their order.
class Tape {
 public:
  void note(std::size_t function, const actor::CallInfo& call, const Bytes& result,
            std::uint64_t next_id) {
    calls_.push_back({function, next_id, result, {}});
    if (!actor::is_plain(call, result, next_id)) calls_.back().kept = result;
  }
  void note_wait(std::size_t function, std::uint64_t ticket) { waits_[ticket] = function; }

  /// `info` is of a family that has no instance.
  void check(const actor::FamilyInfo& info, const std::vector<FakeActor::Answer>& answers) const {
    std::uint64_t next_id = calls_.empty() ? 0 : calls_.front().next_id;
    for (const Call& one : calls_) {
      const actor::CallInfo& call = info.calls.at(one.function);
      SCOPED_TRACE(call.name);
      EXPECT_EQ(one.next_id, next_id) << "ids follow from what was answered";
      Bytes told;
      if (one.kept) {
        told = *one.kept;
      } else {
        EXPECT_TRUE(actor::make_plain(call, next_id, told));
      }
      EXPECT_EQ(told, one.told) << "REPLAY-1";
      EXPECT_TRUE(wasm::validate_result(told, call.type));
      if (actor::mints(call, told, next_id)) ++next_id;
    }
    for (const FakeActor::Answer& answer : answers) {
      const auto wait = waits_.find(answer.ticket);
      ASSERT_NE(wait, waits_.end()) << "an answer to nobody";
      const actor::CallInfo& call = info.calls.at(wait->second);
      EXPECT_TRUE(wasm::validate_result(answer.result, call.type)) << call.name;
    }
  }

 private:
  struct Call {
    std::size_t function;
    std::uint64_t next_id;  // before it
    Bytes told;
    std::optional<Bytes> kept;  // nothing: it folds into its commit
  };
  std::vector<Call> calls_;
  std::map<std::uint64_t, std::size_t> waits_;  // functions, by ticket
};

}  // namespace theater::host::conformance
