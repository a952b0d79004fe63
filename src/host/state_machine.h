// Table and Machine: a resource's life as a table of state x event, checked at compile time.
//
// A machine is pure: time, bytes and failures come in as events; what is to be done comes out as
// actions for the edge. Every event has an answer in every state: a missing, doubled or unreachable
// cell does not compile. A cell may say ignore(); the edge counts those.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/check.h"

namespace theater::host {

inline constexpr std::size_t kActionsMax = 4;  // actions of one cell

enum class CellKind : std::uint8_t { kMissing, kMove, kIgnore };

/// What one event does in one state.
template <typename State, typename Action>
struct Cell {
  CellKind kind = CellKind::kMissing;
  State next{};
  std::array<Action, kActionsMax> actions{};
  std::uint8_t action_count = 0;
};

/// A cell and its place, as a table's author writes it.
template <typename State, typename Event, typename Action>
struct Row {
  State state;
  Event event;
  Cell<State, Action> cell;
};

/// Enums of states and events end with kCount.
template <typename State, typename Event, typename Action>
struct Table {
  static constexpr std::size_t kStates = static_cast<std::size_t>(State::kCount);
  static constexpr std::size_t kEvents = static_cast<std::size_t>(Event::kCount);
  using StateType = State;
  using EventType = Event;
  using ActionType = Action;
  std::array<std::array<Cell<State, Action>, kEvents>, kStates> cells{};

  constexpr const Cell<State, Action>& at(State state, Event event) const {
    return cells[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
  }
};

/// Not constexpr: reaching it makes the table's initialiser no constant, and says why.
void a_table_cell_is_missing_doubled_or_has_too_many_actions();

/// The rows' notation: `using M = host::Notation<State, Event, Action>;` then
/// `M::table({M::move(kOpening, kAccept, kOpen, {Action::kSwitch}), M::ignore(kClosed, kPong)})`.
template <typename State, typename Event, typename Action>
struct Notation {
  static consteval Row<State, Event, Action> move(State state, Event event, State next,
                                                  std::initializer_list<Action> actions = {}) {
    Row<State, Event, Action> row{state, event, {CellKind::kMove, next, {}, 0}};
    if (actions.size() > kActionsMax) a_table_cell_is_missing_doubled_or_has_too_many_actions();
    for (const Action action : actions) row.cell.actions[row.cell.action_count++] = action;
    return row;
  }
  /// Nothing happens, on purpose.
  static consteval Row<State, Event, Action> ignore(State state, Event event) {
    return {state, event, {CellKind::kIgnore, state, {}, 0}};
  }
  static consteval Table<State, Event, Action> table(
      std::initializer_list<Row<State, Event, Action>> rows) {
    Table<State, Event, Action> table;
    for (const auto& row : rows) {
      auto& cell =
          table.cells[static_cast<std::size_t>(row.state)][static_cast<std::size_t>(row.event)];
      if (cell.kind != CellKind::kMissing) {
        a_table_cell_is_missing_doubled_or_has_too_many_actions();
      }
      cell = row.cell;
    }
    for (const auto& cells : table.cells) {
      for (const auto& cell : cells) {
        if (cell.kind == CellKind::kMissing) {
          a_table_cell_is_missing_doubled_or_has_too_many_actions();
        }
      }
    }
    return table;
  }
};

/// One resource's place in the table `kTable` (a static constexpr Table). A byte; a value type.
template <const auto& kTable>
class Machine {
  using TableType = std::remove_cvref_t<decltype(kTable)>;

 public:
  using State = typename TableType::StateType;
  using Event = typename TableType::EventType;
  using Action = typename TableType::ActionType;

  explicit constexpr Machine(State first) : state_(first) {}
  constexpr State state() const { return state_; }

  /// What the edge has to do, in order.
  struct Step {
    std::span<const Action> actions;
    bool ignored = false;
  };
  constexpr Step step(Event event) {
    const auto& cell = kTable.at(state_, event);
    state_ = cell.next;
    return {std::span(cell.actions).first(cell.action_count), cell.kind == CellKind::kIgnore};
  }

 private:
  State state_;
};

}  // namespace theater::host
