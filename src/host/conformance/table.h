// What must hold of the table of any machine, each state with each event: no state is out of reach,
// every one leads to the end, the end is final, and what has to be done once on the way there is
// done once whatever happens.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "host/state_machine.h"

namespace theater::host::conformance {

template <typename Table>
struct TableFacts {
  using State = typename Table::StateType;
  using Event = typename Table::EventType;
  using Action = typename Table::ActionType;
  State first{};
  State last{};
  std::vector<Action> once;  // on every way from the first to the last state
  std::vector<Action> once_at_most;
  std::vector<Event> ends;     // each, repeated, leads from anywhere to the last state
  std::optional<Event> again;  // begins another life in the last state
};

template <typename Table>
class TableWalk {
  using Facts = TableFacts<Table>;
  using State = typename Facts::State;
  using Event = typename Facts::Event;
  using Action = typename Facts::Action;
  static constexpr std::size_t kStates = Table::kStates;

 public:
  TableWalk(const Table& table, Facts facts) : table_(table), facts_(std::move(facts)) {}

  void check() const {
    check_reach();
    check_last();
    for (const Event event : facts_.ends) check_end(event);
    for (const Action action : facts_.once) check_once(action, 1);
    for (const Action action : facts_.once_at_most) check_once(action, 0);
  }

 private:
  static std::size_t index(State state) { return static_cast<std::size_t>(state); }
  /// One life: what begins another one leads nowhere.
  bool is_within(State state, Event event) const {
    return !(state == facts_.last && facts_.again == event);
  }
  template <typename F>
  void each_event(State state, F visit) const {
    for (std::size_t i = 0; i < Table::kEvents; ++i) {
      const auto event = static_cast<Event>(i);
      if (is_within(state, event)) visit(event, table_.at(state, event));
    }
  }

  std::array<bool, kStates> reach(State from) const {
    std::array<bool, kStates> reached{};
    std::deque<State> left{from};
    reached[index(from)] = true;
    while (!left.empty()) {
      const State state = left.front();
      left.pop_front();
      each_event(state, [&](Event, const auto& cell) {
        if (!std::exchange(reached[index(cell.next)], true)) left.push_back(cell.next);
      });
    }
    return reached;
  }

  void check_reach() const {
    const auto from_first = reach(facts_.first);
    for (std::size_t i = 0; i < kStates; ++i) {
      EXPECT_TRUE(from_first[i]) << "state " << i << " is out of reach";
      EXPECT_TRUE(reach(static_cast<State>(i))[index(facts_.last)])
          << "state " << i << " is a trap";
    }
  }

  void check_last() const {
    each_event(facts_.last, [&](Event event, const auto& cell) {
      EXPECT_EQ(cell.next, facts_.last) << "event " << static_cast<int>(event);
      EXPECT_EQ(cell.action_count, 0) << "event " << static_cast<int>(event);
    });
  }

  void check_end(Event event) const {
    for (std::size_t i = 0; i < kStates; ++i) {
      auto state = static_cast<State>(i);
      for (std::size_t step = 0; step < kStates && state != facts_.last; ++step) {
        state = table_.at(state, event).next;
      }
      EXPECT_EQ(state, facts_.last) << "event " << static_cast<int>(event) << " in state " << i;
    }
  }

  /// Follows every way with the number of times the action was done on it: 0, 1, more.
  void check_once(Action action, int least) const {
    std::array<std::array<bool, 3>, kStates> seen{};
    std::deque<std::pair<State, int>> left{{facts_.first, 0}};
    seen[index(facts_.first)][0] = true;
    while (!left.empty()) {
      const auto [state, done] = left.front();
      left.pop_front();
      each_event(state, [&](Event event, const auto& cell) {
        const auto actions = std::span(cell.actions).first(cell.action_count);
        const int now = done + static_cast<int>(std::ranges::count(actions, action));
        ASSERT_LE(now, 1) << "action " << static_cast<int>(action) << " again: state "
                          << index(state) << ", event " << static_cast<int>(event);
        if (cell.next == facts_.last) {
          ASSERT_GE(now, least) << "action " << static_cast<int>(action) << " left out: state "
                                << index(state) << ", event " << static_cast<int>(event);
        }
        if (!std::exchange(seen[index(cell.next)][static_cast<std::size_t>(now)], true)) {
          left.emplace_back(cell.next, now);
        }
      });
    }
  }

  const Table& table_;
  const Facts facts_;
};

/// Checks all of it; failures name states, events and actions by their numbers.
template <typename Table>
void check_table(const Table& table, TableFacts<Table> facts) {
  TableWalk<Table>(table, std::move(facts)).check();
}

}  // namespace theater::host::conformance
