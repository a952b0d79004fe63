// The process family: programs that the grant names.
#pragma once

#include <span>

#include "theater/actor.h"

namespace theater {

using Outcome = actor::types::Outcome;
using Started = actor::types::Started;

namespace process {

/// Runs a program by its name in the grant; answers its id. Each argument is passed as it is.
inline Started spawn(std::string_view program, std::span<const std::string_view> arguments = {},
                     std::string_view directory = "") {
  return actor::process::spawn(program, arguments, directory);
}
inline Outcome write(std::uint64_t program, BytesView bytes) {
  return actor::process::write_stdin(program, wit::Bytes(bytes));
}
inline Outcome write(std::uint64_t program, std::string_view text) {
  return write(program, BytesView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}
/// Nothing more comes: the program reads the end of its input.
inline Outcome close_input(std::uint64_t program) {
  return actor::process::write_stdin(program, std::nullopt);
}
inline Outcome signal(std::uint64_t program, std::uint8_t number) {
  return actor::process::signal(program, number);
}

}  // namespace process

class ProcessHandler : public virtual ActorCore, public actor::process_handler::Guest {
 public:
  /// The exit status, or minus the number of a signal; or why there is none.
  using Exit = wit::Result<std::int32_t, actor::types::Error>;

  StateResult handle_events(BytesView state, wit::List<actor::process_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) {
      const auto& payload = event.payload;
      if (payload.is_stdout()) return on_output(event.id, payload.stdout_);
      if (payload.is_stderr()) return on_error_output(event.id, payload.stderr_);
      on_exit(event.id, payload.ended);
    });
  }

 protected:
  virtual void on_output(std::uint64_t program, BytesView bytes) = 0;
  virtual void on_error_output(std::uint64_t program, BytesView bytes) {
    (void)program;
    (void)bytes;
  }
  /// The program's last event.
  virtual void on_exit(std::uint64_t program, const Exit& exit) = 0;
};

}  // namespace theater
