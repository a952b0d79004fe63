// Watches a folder and logs what changes in it.
#include "theater/file_watch.h"
#include "theater/runtime.h"

struct State {
  std::uint64_t created = 0, modified = 0, removed = 0, renamed = 0;
  std::uint64_t looks = 0;
};

class Watcher : public theater::Actor<State>, public theater::FileWatchHandler {
  void on_init(theater::BytesView) override {
    const auto started = theater::file_watch::watch("folder");
    if (!started.ok()) fail(started.error().message);
  }

  void on_look(std::uint64_t) override {
    ++state().looks;
    theater::log::info("watching, look ", state().looks);
  }

  void on_change(std::uint64_t, const theater::FileChange& change) override {
    switch (change.change) {
      case theater::ChangeKind::kCreated:
        ++state().created;
        return theater::log::info("created ", change.path);
      case theater::ChangeKind::kModified:
        ++state().modified;
        return theater::log::info("modified ", change.path);
      case theater::ChangeKind::kRemoved:
        ++state().removed;
        return theater::log::info("removed ", change.path);
      case theater::ChangeKind::kRenamed:
        ++state().renamed;
        return theater::log::info("renamed ", *change.old_path, " to ", change.path);
    }
  }

  void on_watch_end(std::uint64_t, const theater::Error& why) override {
    theater::log::warn("the watch ended: ", why.message);
  }
};

THEATER_ACTOR(Watcher)
