// The terminal family: keys, screen and size of one terminal.
#pragma once

#include "theater/actor.h"

namespace theater {

using Outcome = actor::types::Outcome;

namespace terminal {

struct Size {
  std::uint16_t columns = 0, rows = 0;
};
/// How keys arrive: a line at a time, echoed; or each at once, and Ctrl-C is a key like others.
enum class Mode : std::uint8_t { kLines, kRaw };

/// Shown once the invocation is committed.
inline Outcome write(std::string_view text) {
  return actor::terminal::write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}
inline Outcome set(Mode mode) { return actor::terminal::set_raw(mode == Mode::kRaw); }
inline Size size() {
  const auto [columns, rows] = actor::terminal::size();
  return {columns, rows};
}

}  // namespace terminal

class TerminalHandler : public virtual ActorCore, public actor::terminal_handler::Guest {
 public:
  StateResult handle_events(BytesView state, wit::List<actor::terminal_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) { dispatch(event.payload); });
  }

 protected:
  /// What was typed, as the terminal sends it; empty: the end of input.
  virtual void on_keys(std::string_view keys) = 0;
  /// The first event of all, and whenever the size changes: draw.
  virtual void on_size(terminal::Size) {}
  /// The node was restarted: raw mode is off. A size follows.
  virtual void on_interrupted() {}
  /// It is gone for good.
  virtual void on_gone() {}

 private:
  void dispatch(const actor::terminal_types::Payload& payload) {
    using Tag = actor::terminal_types::Payload::Tag;
    switch (payload.tag) {
      case Tag::kInput:
        return on_keys({reinterpret_cast<const char*>(payload.input.data()), payload.input.size()});
      case Tag::kResized: {
        const auto [columns, rows] = payload.resized;
        return on_size({columns, rows});
      }
      case Tag::kInterrupted:
        return on_interrupted();
      case Tag::kClosed:
        return on_gone();
    }
  }
};

}  // namespace theater
