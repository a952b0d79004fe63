// The runtime family: log lines, time, who the actor is, and its end.
#pragma once

#include <chrono>

#include "theater/actor.h"
#include "theater/text.h"

namespace theater {

using Level = actor::runtime_types::Level;
using Identity = actor::runtime_types::Identity;

/// log::info("tick ", n, " of ", total): the parts are joined into one line.
namespace log {
template <class... Parts>
void write(Level level, const Parts&... parts) {
  actor::runtime::log(level, concat(parts...));
}
template <class... Parts>
void trace(const Parts&... parts) {
  write(Level::kTrace, parts...);
}
template <class... Parts>
void debug(const Parts&... parts) {
  write(Level::kDebug, parts...);
}
template <class... Parts>
void info(const Parts&... parts) {
  write(Level::kInfo, parts...);
}
template <class... Parts>
void warn(const Parts&... parts) {
  write(Level::kWarn, parts...);
}
template <class... Parts>
void error(const Parts&... parts) {
  write(Level::kError, parts...);
}
}  // namespace log

/// Time since 1970. Never falls; a replay sees the same.
inline std::chrono::nanoseconds now() { return std::chrono::nanoseconds(actor::runtime::now()); }

inline Identity self() { return actor::runtime::self(); }

/// Ends the actor once this invocation is committed.
inline void stop(BytesView output = {}) { actor::runtime::stop(output); }

/// Told before the actor is stopped from outside.
class RuntimeHandler : public virtual ActorCore, public actor::runtime_handler::Guest {
 public:
  StateResult handle_events(BytesView state, wit::List<actor::runtime_types::Event> events) final {
    return invoke(state, events,
                  [this](const auto& event) { on_stopping(event.payload.stopping); });
  }

 protected:
  virtual void on_stopping(std::string_view reason) = 0;
};

}  // namespace theater
