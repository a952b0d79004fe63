// The conformance set: what must hold of every family, whatever it does. See fixture.h for what a
// family supplies; INSTANTIATE_TYPED_TEST_SUITE_P(Name, Conformance, Provoker) makes the tests, and
// the same with Repeatable those of families whose world takes no time of its own.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "host/conformance/ends.h"

namespace theater::host::conformance {

TYPED_TEST_P(Conformance, WhatIsNotCommittedNeverWas) {
  for (std::size_t count = 0; count < this->script_.size(); ++count) {
    SCOPED_TRACE(this->place(count));
    Rehearsal rehearsal = this->rehearse();
    this->play(rehearsal, count);
    const Bytes before = rehearsal.instance().save();
    const actor::Census held = rehearsal.instance().census();
    for (const auto& [function, arguments] : TypeParam::calls()) {
      rehearsal.call(function, arguments);
    }
    rehearsal.discard();
    EXPECT_EQ(rehearsal.instance().save(), before);
    EXPECT_EQ(rehearsal.instance().census(), held);
  }
}

TYPED_TEST_P(Conformance, NothingHappensBeforeItIsDurable) {
  Rehearsal rehearsal = this->rehearse();
  const actor::Census held = rehearsal.instance().census();
  const auto begun = rehearsal.shard().executor.task_count();  // by its start
  for (const auto& [function, arguments] : TypeParam::calls()) {
    rehearsal.call(function, arguments);
  }
  rehearsal.commit();
  const auto tasks = rehearsal.shard().executor.task_count();
  actor::Census now = rehearsal.instance().census();
  now.operations = held.operations;  // they are known, and wait; so may their deadlines
  now.timers = held.timers;
  EXPECT_EQ(now, held);
  EXPECT_EQ(tasks, begun) << "CHAIN-1";
}

TYPED_TEST_P(Conformance, AFloodStaysWithinItsBoundAndIsTold) {
  Rehearsal rehearsal = this->rehearse();
  TypeParam::flood(rehearsal);
  const std::uint64_t held = rehearsal.instance().census().bytes;
  EXPECT_EQ(held > 0, TypeParam::kBytesMax > 0);
  EXPECT_LE(held, TypeParam::kBytesMax) << "BOUND-1";
  EXPECT_TRUE(this->is_flood_told(rehearsal)) << "nothing is dropped silently";
  rehearsal.take_all();
  this->play(rehearsal, this->script_.size());
  this->wind_up(rehearsal);
}

TYPED_TEST_P(Conformance, AFaultEndsWhatItConcernsAndNothingElse) {
  for (const Step& fault : TypeParam::faults()) {
    for (std::size_t count = 0; count <= this->script_.size(); ++count) {
      SCOPED_TRACE(fault.name + " " + this->place(count));
      Rehearsal rehearsal = this->rehearse();
      this->play(rehearsal, count);
      fault.run(rehearsal);
      for (std::size_t i = count; i < this->script_.size(); ++i) this->script_[i].run(rehearsal);
      this->wind_up(rehearsal);
    }
  }
}

TYPED_TEST_P(Conformance, EachWatchFailsOnceAndTheOthersGoOn) {
  std::uint64_t calls = 0;
  {
    Rehearsal rehearsal = this->rehearse();
    const std::uint64_t before = rehearsal.shard().descriptors.calls();
    this->play(rehearsal, this->script_.size());
    calls = std::min(rehearsal.shard().descriptors.calls() - before, kFailuresMax);
  }
  for (std::uint64_t n = 1; n <= calls; ++n) {
    SCOPED_TRACE(fmt::format("watch {} of {} fails", n, calls));
    Rehearsal rehearsal = this->rehearse();
    rehearsal.shard().descriptors.fail_nth(n);
    this->play(rehearsal, this->script_.size());
    rehearsal.shard().descriptors.fail_nth(0);
    this->wind_up(rehearsal);
  }
}

TYPED_TEST_P(Conformance, EachCallOfTheNetworkFailsOnceAndTheOthersGoOn) {
  std::uint64_t calls = 0;
  {
    Rehearsal rehearsal = this->rehearse();
    const std::uint64_t before = rehearsal.shard().network.calls();
    this->play(rehearsal, this->script_.size());
    calls = std::min(rehearsal.shard().network.calls() - before, kNetworkFailuresMax);
  }
  for (std::uint64_t n = 1; n <= calls; ++n) {
    SCOPED_TRACE(fmt::format("call {} of {} fails", n, calls));
    Rehearsal rehearsal = this->rehearse();
    rehearsal.shard().network.fail_nth(n);
    this->play(rehearsal, this->script_.size());
    rehearsal.shard().network.fail_nth(0);
    this->wind_up(rehearsal);
  }
}

TYPED_TEST_P(Conformance, GrantsAreStrictAndDenialsAreTold) {
  const auto check = [this](std::string_view text) {
    return this->family_->check_grant(*actor::parse_settings(text, "conformance.toml", {}));
  };
  EXPECT_TRUE(check(TypeParam::kGrant));
  EXPECT_FALSE(check("no_such_key_anywhere = 1"));
  for (const std::string_view wrong : TypeParam::wrong_grants()) {
    EXPECT_FALSE(check(wrong)) << wrong;
  }
  Rehearsal rehearsal = this->rehearse();
  for (const Step& step : TypeParam::denied()) {
    step.run(rehearsal);
    EXPECT_EQ(rehearsal.last_outcome, actor::CallOutcome::kDenied) << step.name;
  }
}

TYPED_TEST_P(Conformance, NothingHoldsTheShardForLong) {
  Rehearsal rehearsal = this->rehearse();
  this->play(rehearsal, this->script_.size());
  this->wind_up(rehearsal);
  EXPECT_LE(rehearsal.longest(), kHoldMax) << "BLOCK-1";
}

TYPED_TEST_P(Conformance, AReplayTellsTheGuestTheSame) {
  const auto family = TypeParam::make();  // without an instance: nothing can be touched
  Rehearsal rehearsal = this->rehearse();
  this->play(rehearsal, this->script_.size());
  for (const auto& [function, arguments] : TypeParam::calls()) {
    rehearsal.act(function, arguments);
  }
  for (const Step& step : TypeParam::denied()) step.run(rehearsal);
  TypeParam::finish(rehearsal);
  rehearsal.take_all();
  rehearsal.tape.check(family->info(), rehearsal.actor().answers);
}

REGISTER_TYPED_TEST_SUITE_P(
    Conformance, TheWholeLifeEndsWithNothingHeld, StopAndKillInEveryStateLeaveNothing,
    CancelInEveryStateGivesOneLastEvent, ACrashInEveryStateLosesAndRepeatsNoEnd,
    ASnapshotIsTheSameAsTheHistory, WhatIsNotCommittedNeverWas, NothingHappensBeforeItIsDurable,
    AFloodStaysWithinItsBoundAndIsTold, AFaultEndsWhatItConcernsAndNothingElse,
    EachWatchFailsOnceAndTheOthersGoOn, EachCallOfTheNetworkFailsOnceAndTheOthersGoOn,
    GrantsAreStrictAndDenialsAreTold, NothingHoldsTheShardForLong, AReplayTellsTheGuestTheSame);

/// What compares two lives. A program or a terminal delivers in its own pieces and at its own
/// time, so that two lives with one have the same events only by chance.
template <typename Provoker>
class Repeatable : public Conformance<Provoker> {};
TYPED_TEST_SUITE_P(Repeatable);

TYPED_TEST_P(Repeatable, BatchesOfOneAndOfManyDeliverTheSame) {
  const auto events_in = [this](actor::BatchLimits limits) {
    Rehearsal rehearsal = this->rehearse();
    this->play(rehearsal, this->script_.size());
    TypeParam::finish(rehearsal);
    return rehearsal.take_all(limits);
  };
  const auto many = events_in({256, 1 << 20});
  EXPECT_EQ(many.empty(), this->rehearse().instance().events() == nullptr);
  EXPECT_EQ(events_in({1, 1 << 20}), many);
  EXPECT_EQ(events_in({256, 1}), many);
}

TYPED_TEST_P(Repeatable, TheSameLifeTwiceIsEqual) {
  const auto events = [this] {
    Rehearsal rehearsal = this->rehearse();
    this->play(rehearsal, this->script_.size());
    std::vector<Bytes> all = rehearsal.take_all();
    all.push_back(rehearsal.instance().save());
    std::ranges::copy(rehearsal.results, std::back_inserter(all));
    return all;
  };
  EXPECT_EQ(events(), events());
}

REGISTER_TYPED_TEST_SUITE_P(Repeatable, BatchesOfOneAndOfManyDeliverTheSame,
                            TheSameLifeTwiceIsEqual);

}  // namespace theater::host::conformance
