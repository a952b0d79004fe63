// Has a program of the system sort its words.
#include "theater/process.h"
#include "theater/runtime.h"

struct State {
  std::string words;   // a line each
  std::string sorted;  // as far as the program has told
  std::uint64_t runs = 0;
};

class Sorter : public theater::Actor<State>, public theater::ProcessHandler {
  /// The parameters are the words, with spaces between.
  void on_init(theater::BytesView params) override {
    state().words.assign(params.begin(), params.end());
    for (char& letter : state().words) {
      if (letter == ' ') letter = '\n';
    }
    state().words += '\n';
    run();
  }

  void run() {
    ++state().runs;
    state().sorted.clear();
    const auto started = theater::process::spawn("sort");
    if (!started.ok()) return fail(started.error().message);
    const auto given = theater::process::write(*started, state().words);
    if (!given.ok()) return fail(given.error().message);
    theater::process::close_input(*started);
  }

  void on_output(std::uint64_t, theater::BytesView bytes) override {
    state().sorted.append(bytes.begin(), bytes.end());
  }

  void on_exit(std::uint64_t, const Exit& exit) override {
    if (exit.ok()) {
      for (char& letter : state().sorted) {
        if (letter == '\n') letter = ' ';
      }
      return theater::log::info("sort ended with ", *exit, ": ", state().sorted);
    }
    theater::log::warn("sort did not end well: ", exit.error().message);
    if (exit.error().code == theater::actor::types::Code::kInterrupted) run();
  }
};

THEATER_ACTOR(Sorter)
