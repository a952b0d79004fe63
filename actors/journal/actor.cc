// Keeps an index of a folder: its files and their sizes, in one file that is replaced as a whole.
#include <charconv>

#include "theater/filesystem.h"
#include "theater/runtime.h"
#include "theater/timer.h"

using std::chrono::milliseconds;

struct State {
  std::string written;        // the index as last asked for
  std::uint64_t writing = 0;  // the change under way, 0 if none
  std::uint64_t writes = 0;
};

class Journal : public theater::Actor<State>,
                public theater::TimerHandler,
                public theater::FilesystemHandler {
  static constexpr std::uint32_t kPage = 256;

  /// The parameters are the period in milliseconds, in decimal; 1000 if empty.
  void on_init(theater::BytesView params) override {
    std::uint32_t period_ms = 1000;
    const auto* text = reinterpret_cast<const char*>(params.data());
    std::from_chars(text, text + params.size(), period_ms);
    const auto armed = theater::timer::every("look", milliseconds(period_ms));
    if (!armed.ok()) fail(armed.error().message);
  }

  void on_tick(const theater::Tick&) override {
    if (state().writing != 0) return;
    std::string index;
    if (!read_names(index) || index == state().written) return;
    const auto bytes = reinterpret_cast<const std::uint8_t*>(index.data());
    const auto started = theater::filesystem::write("index/index.txt", {bytes, index.size()});
    if (!started.ok()) return theater::log::warn("not written: ", started.error().message);
    state().writing = *started;
    state().written = index;
  }

  void on_changed(std::uint64_t change, const theater::Outcome& outcome) override {
    if (change == state().writing) state().writing = 0;
    if (outcome.ok()) {
      ++state().writes;
      return theater::log::info("index written, ", state().writes);
    }
    state().written.clear();  // so that it is written again
    theater::log::warn("index not written: ", outcome.error().message);
  }

  /// Every file's name, size and first byte, a line each, page by page.
  bool read_names(std::string& index) {
    for (std::string after;;) {
      const auto page = theater::filesystem::list("notes", after, kPage);
      if (!page.ok()) {
        theater::log::warn("not listed: ", page.error().message);
        return false;
      }
      for (const auto& [name, size, is_directory] : *page) {
        after = name;
        if (is_directory) continue;
        const auto head = theater::filesystem::read(theater::concat("notes/", name), 0, 1);
        const char first = head.ok() && head->size() == 1 ? static_cast<char>((*head)[0]) : '-';
        index += theater::concat(name, " ", size, " ", std::string_view(&first, 1), "\n");
      }
      if (page->size() < kPage) return true;
    }
  }
};

THEATER_ACTOR(Journal)
