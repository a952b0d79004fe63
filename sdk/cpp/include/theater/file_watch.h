// The file-watch family: what changes in granted directories.
#pragma once

#include "theater/actor.h"

namespace theater {

using Error = actor::types::Error;
/// One name that changed: its path, how, and what it was called before a rename.
using FileChange = actor::file_watch_types::Item;
using ChangeKind = actor::file_watch_types::Change;

namespace file_watch {

enum class Depth : std::uint8_t { kRootOnly, kWholeTree };

/// Watches a directory: a name of the grant, and a place below it. Answers the watch's id.
inline actor::types::Started watch(std::string_view path, Depth depth = Depth::kWholeTree) {
  return actor::file_watch::watch(path, depth == Depth::kWholeTree);
}

}  // namespace file_watch

class FileWatchHandler : public virtual ActorCore, public actor::file_watch_handler::Guest {
 public:
  StateResult handle_events(BytesView state,
                            wit::List<actor::file_watch_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) {
      const auto& payload = event.payload;
      if (payload.is_ready() || payload.is_rescan()) return on_look(event.id);
      if (payload.is_changed()) return on_change(event.id, payload.changed);
      on_watch_end(event.id, payload.ended);
    });
  }

 protected:
  /// Look at everything the watch covers: it has just begun, or changes were lost. From now on
  /// every change is told.
  virtual void on_look(std::uint64_t watch) = 0;
  virtual void on_change(std::uint64_t watch, const FileChange& change) = 0;
  /// The watch's last event.
  virtual void on_watch_end(std::uint64_t watch, const Error& why) {
    (void)watch;
    (void)why;
  }
};

}  // namespace theater
