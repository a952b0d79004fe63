// The host in memory, for native tests of actors; testing.h plays events on top of it.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "theater/actor.h"

namespace theater::testing {

/// The client's end of a connection.
struct Peer {
  std::uint64_t id = 0;
  bool open = true;
  std::vector<std::string> texts;  // received, oldest first
  std::vector<Bytes> binaries;
  std::set<std::string, std::less<>> topics;
  Bytes attachment;
  std::optional<std::uint16_t> close_code;  // set when the actor closed it
  std::string close_reason;
};

struct Timer {
  std::chrono::nanoseconds due{};
  std::chrono::nanoseconds period{};  // 0: fires once
};

struct LogLine {
  actor::runtime_types::Level level{};
  std::string text;
};

struct FileWatch {
  std::uint64_t id = 0;
  std::string path;
  bool recursive = false;
};

/// A program that the actor runs; the test plays it.
struct RunningProgram {
  std::uint64_t id = 0;
  std::string name;
  std::vector<std::string> arguments;
  std::string input;
  bool input_ended = false;
  std::vector<int> signals;
};

/// The host in memory. One at a time; it answers every function of runtime, timer,
/// websocket-server, random, environment, file-watch, filesystem, process and terminal while it
/// lives.
class FakeHost {
 public:
  FakeHost();
  ~FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  std::deque<Peer> peers;
  std::map<std::string, Timer, std::less<>> timers;
  std::vector<LogLine> log;  // also of invocations that failed
  std::optional<Bytes> stopped;
  std::map<std::string, std::string, std::less<>> variables;  // all of them granted
  std::uint64_t random_seed = 1;                              // of the bytes that come next
  std::vector<FileWatch> watches;
  std::vector<RunningProgram> programs;
  std::map<std::string, Bytes, std::less<>> files;  // by path; directories are what is before a /
  std::uint64_t next_id = 1;                        // of operations that the actor starts
  std::string screen;                               // all that the terminal was given
  bool screen_is_raw = false;
  std::uint16_t screen_columns = 80, screen_rows = 24;
  std::chrono::nanoseconds now{1'700'000'000'000'000'000};

  /// What the invocation asked for becomes real, or is forgotten.
  void commit();
  void roll_back() { effects_.clear(); }

  Peer* find(std::uint64_t id);

 private:
  void answer_runtime();
  void answer_timer();
  void answer_websocket_server();
  void answer_random();
  void answer_environment();
  void answer_file_watch();
  void answer_filesystem();
  void answer_process();
  void answer_terminal();
  actor::types::Outcome with_program(std::uint64_t id, std::function<void(RunningProgram&)> effect);
  actor::types::Outcome with_open_peer(std::uint64_t id, std::function<void(Peer&)> effect);

  std::vector<std::function<void()>> effects_;
  std::deque<Bytes> drawn_;  // what random answered
  std::vector<wit::Tuple<wit::String, std::uint64_t, bool>> listed_;
};

}  // namespace theater::testing
