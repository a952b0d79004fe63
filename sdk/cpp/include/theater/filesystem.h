// The filesystem family: files in granted directories.
#pragma once

#include "theater/actor.h"

namespace theater {

using Outcome = actor::types::Outcome;
using Data = actor::types::Data;
using Started = actor::types::Started;

/// A path is a name of the grant, and a place below it: "notes/2026/plan.md".
namespace filesystem {

using Action = actor::filesystem_types::Action;

/// At most `most` bytes from `offset` on; fewer only at the file's end. The actor waits.
inline Data read(std::string_view path, std::uint64_t offset, std::uint32_t most) {
  return actor::filesystem::read_wait(path, offset, most);
}
/// Name, size, whether it is a directory: of at most `most` names behind `after`. The actor waits.
inline auto list(std::string_view path, std::string_view after, std::uint32_t most) {
  return actor::filesystem::list_wait(path, after, most);
}

/// Changes happen after the commit, one after another; each answers its id and has one event.
inline Started write(std::string_view path, BytesView content) {
  return actor::filesystem::change(path, Action::make_write(content));
}
inline Started append(std::string_view path, BytesView content) {
  return actor::filesystem::change(path, Action::make_append(content));
}
inline Started make_directory(std::string_view path) {
  return actor::filesystem::change(path, Action::make_make_directory());
}
inline Started rename(std::string_view path, std::string_view to) {
  return actor::filesystem::change(path, Action::make_rename(to));
}
inline Started remove(std::string_view path) {
  return actor::filesystem::change(path, Action::make_remove());
}

}  // namespace filesystem

/// Told how changes ended. Not needed by actors that only read.
class FilesystemHandler : public virtual ActorCore, public actor::filesystem_handler::Guest {
 public:
  StateResult handle_events(BytesView state,
                            wit::List<actor::filesystem_types::Event> events) final {
    return invoke(state, events,
                  [this](const auto& event) { on_changed(event.id, event.payload); });
  }

 protected:
  virtual void on_changed(std::uint64_t change, const Outcome& outcome) = 0;
};

}  // namespace theater
