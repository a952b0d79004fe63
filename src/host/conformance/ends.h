// The conformance set, first part: ends, in every state a family can be in. Included by suite.h.
#pragma once

#include <string>

#include "host/conformance/fixture.h"

namespace theater::host::conformance {

TYPED_TEST_SUITE_P(Conformance);

TYPED_TEST_P(Conformance, TheWholeLifeEndsWithNothingHeld) {
  Rehearsal rehearsal = this->rehearse();
  this->play(rehearsal, this->script_.size());
  this->wind_up(rehearsal);
}

TYPED_TEST_P(Conformance, StopAndKillInEveryStateLeaveNothing) {
  for (std::size_t count = 0; count <= this->script_.size(); ++count) {
    for (const auto mode : {actor::StopMode::kDrain, actor::StopMode::kKill}) {
      SCOPED_TRACE(this->place(count));
      Rehearsal rehearsal = this->rehearse();
      this->play(rehearsal, count);
      rehearsal.stop(mode);
      rehearsal.take_all();  // what is under way is still handled
      rehearsal.pass(kStopTime);
      expect_nothing_held(rehearsal);
      EXPECT_EQ(rehearsal.actor().drained_count > 0, mode == actor::StopMode::kDrain);
    }
  }
}

TYPED_TEST_P(Conformance, CancelInEveryStateGivesOneLastEvent) {
  if (!this->family_->info().has_operations) return;
  for (std::size_t count = 0; count <= this->script_.size(); ++count) {
    SCOPED_TRACE(this->place(count));
    Rehearsal rehearsal = this->rehearse();
    this->play(rehearsal, count);
    for (const std::uint64_t id : rehearsal.started()) {
      rehearsal.instance().operations()->cancel({id});
      rehearsal.instance().operations()->cancel({id});
    }
    rehearsal.take_all();
    expect_one_end_each(rehearsal);
  }
}

TYPED_TEST_P(Conformance, ACrashInEveryStateLosesAndRepeatsNoEnd) {
  for (std::size_t count = 0; count <= this->script_.size(); ++count) {
    for (const Nanoseconds away : {Nanoseconds(0), Nanoseconds(std::chrono::hours(1))}) {
      SCOPED_TRACE(this->place(count));
      Rehearsal rehearsal = this->rehearse();
      this->play(rehearsal, count);
      rehearsal.crash(away);
      rehearsal.crash(away);  // and again before anything was done about it
      this->wind_up(rehearsal);
    }
  }
}

TYPED_TEST_P(Conformance, ASnapshotIsTheSameAsTheHistory) {
  for (std::size_t count = 0; count <= this->script_.size(); ++count) {
    SCOPED_TRACE(this->place(count));
    const Bytes saved = this->saved_after(count);
    const auto grant = *actor::parse_settings(TypeParam::kGrant, "conformance.toml", {});
    Life other(*this->family_, grant);
    ASSERT_TRUE(other.instance->load(saved));
    ASSERT_TRUE(other.instance->recover());
    other.instance->stop(actor::StopMode::kKill);
    for (std::size_t size = 0; size < saved.size(); ++size) {
      Life broken(*this->family_, grant);
      EXPECT_FALSE(broken.instance->load(ByteSpan(saved).first(size))) << size;
      broken.instance->stop(actor::StopMode::kKill);
      if (size > 64) break;  // the rest is alike
    }
  }
}

}  // namespace theater::host::conformance
