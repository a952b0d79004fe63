// A provoker and its fixture, for the conformance set (suite.h): what must hold of every family,
// whatever it does. A family supplies a provoker; INSTANTIATE_TYPED_TEST_SUITE_P(Name, Conformance,
// Provoker) makes the tests.
//
//   struct Provoker {
//     static std::unique_ptr<Family> make();                  // fresh, for each rehearsal
//     static constexpr std::string_view kGrant = "...";       // with small bounds
//     static std::vector<std::string_view> wrong_grants();    // each is refused
//     static std::vector<Call> calls();                       // of each function but the waits
//     static std::vector<Step> script();                      // a life of everything it can do
//     static void flood(Rehearsal&);                          // more events than it may hold
//     static constexpr std::uint64_t kBytesMax = ...;         // a flood makes it hold; may be 0
//     static void finish(Rehearsal&);                         // ends what the script left open
//     static std::vector<Step> faults();                      // each a failure of what it uses
//     static std::vector<Step> denied();                      // each a call that is denied
//     // May be left out: what is held although nothing is under way (a listener, idle sessions).
//     static bool is_at_rest(const actor::Census&);
//     // May be left out: whether the flood left a trace, where it is no overflow and no refusal.
//     static bool is_flood_told(Rehearsal&);
//     // May be left out: what the handler returns beside the state, for these events.
//     static Bytes answers(std::span<const Bytes> events);
//   };
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "host/conformance/rehearsal.h"
#include "host/hold_watch.h"

namespace theater::host::conformance {

/// Function and arguments.
using Call = std::pair<std::string_view, Bytes>;

struct Step {
  std::string name;
  std::function<void(Rehearsal&)> run;
};

/// A stop ends within it: peers that linger are cut off.
inline constexpr Nanoseconds kStopTime = std::chrono::seconds(6);
/// Watches, and calls of the network, that are failed, one in each of as many lives.
inline constexpr std::uint64_t kFailuresMax = 16;
inline constexpr std::uint64_t kNetworkFailuresMax = 128;

/// Each start that became real has had one last event, and nothing else has.
inline void expect_one_end_each(const Rehearsal& rehearsal) {
  for (const std::uint64_t id : rehearsal.started()) {
    EXPECT_EQ(rehearsal.ends().contains(id) ? rehearsal.ends().at(id) : 0, 1) << "operation " << id;
  }
  for (const auto& [id, count] : rehearsal.ends()) {
    EXPECT_TRUE(rehearsal.started().contains(id)) << "operation " << id << " never was";
  }
}

inline void expect_nothing_held(Rehearsal& rehearsal) {
  EXPECT_TRUE(rehearsal.instance().census().is_empty()) << "END-1";
  EXPECT_EQ(rehearsal.shard().executor.timer_count(), 0u) << "END-1";
  EXPECT_EQ(rehearsal.shard().descriptors.size(), 0u) << "END-1";
  const actor::EventSource* source = rehearsal.instance().events();
  EXPECT_FALSE(source != nullptr && source->has_events()) << "END-1";
}

template <typename Provoker>
class Conformance : public ::testing::Test {
 protected:
  std::unique_ptr<Family> family_ = Provoker::make();
  const std::vector<Step> script_ = Provoker::script();

  Rehearsal rehearse() {
    if constexpr (requires { &Provoker::answers; }) {
      return Rehearsal(*family_, Provoker::kGrant, &Provoker::answers);
    } else {
      return Rehearsal(*family_, Provoker::kGrant);
    }
  }
  /// The first `count` steps.
  void play(Rehearsal& rehearsal, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) script_[i].run(rehearsal);
  }
  /// The snapshot of a life of so many steps.
  Bytes saved_after(std::size_t count) {
    Rehearsal rehearsal = rehearse();
    play(rehearsal, count);
    Bytes saved = rehearsal.instance().save();
    EXPECT_EQ(saved, rehearsal.instance().save());
    return saved;
  }
  std::string place(std::size_t count) const {
    return count == 0 ? "at the start" : "after " + script_[count - 1].name;
  }
  /// By an overflow, an answer or the failure of an operation; or as the family does it.
  bool is_flood_told(Rehearsal& rehearsal) {
    if constexpr (requires { &Provoker::is_flood_told; }) {
      return Provoker::is_flood_told(rehearsal);
    } else {
      const bool is_ended = std::ranges::any_of(rehearsal.actor().records, [](const auto& record) {
        return record.phase == chain::OperationPhase::kFailed;
      });
      const bool is_refused = std::ranges::any_of(rehearsal.results, [](const Bytes& result) {
        return is_refusal(result, GuestCode::kFull);
      });
      return !rehearsal.actor().overflows.empty() || is_refused || is_ended;
    }
  }
  /// What is open ends, every event is taken, and then nothing is held; after a stop least of all.
  void wind_up(Rehearsal& rehearsal) {
    Provoker::finish(rehearsal);
    rehearsal.take_all();
    expect_one_end_each(rehearsal);
    if constexpr (requires { &Provoker::is_at_rest; }) {
      EXPECT_TRUE(Provoker::is_at_rest(rehearsal.instance().census())) << "END-1";
    } else {
      expect_nothing_held(rehearsal);
    }
    rehearsal.stop(actor::StopMode::kDrain);
    rehearsal.pass(kStopTime);
    expect_nothing_held(rehearsal);
  }
};

}  // namespace theater::host::conformance
