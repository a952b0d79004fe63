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
#include "theater/fake_calls.h"

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

/// The host in memory. One at a time; it answers every function of every family while it lives.
/// What an invocation asks for stands here once it is committed.
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
  std::uint64_t next_id = 1;                        // of what the actor starts or opens
  std::string screen;                               // all that the terminal was given
  bool screen_is_raw = false;
  std::uint16_t screen_columns = 80, screen_rows = 24;
  std::deque<ServedRequest> served;
  std::uint64_t next_host_id = 1;  // of what comes from outside, beside kHostIdBit
  std::deque<OutgoingSocket> sockets;
  std::deque<TcpSocket> connections;
  std::vector<ClientRequest> requests;
  std::vector<RedisCall> redis_calls;
  std::vector<DatabaseCall> database_calls;
  std::vector<std::uint64_t> pending;              // operations whose last event did not come yet
  std::map<std::uint64_t, std::uint64_t> credits;  // that the actor gave, by operation
  std::map<std::uint64_t, std::chrono::milliseconds> watched;  // how often, by operation
  std::set<std::uint64_t> cancelled;    // operations; their last event is the test's
  std::map<std::uint64_t, Bytes> kept;  // results to collect, by operation
  /// Answer what the actor waits for; without them it is `unreachable`.
  std::function<Response(const ClientRequest&)> on_send_now;
  std::function<Table(const DatabaseCall&)> on_query_now;
  std::chrono::nanoseconds now{1'700'000'000'000'000'000};

  /// What the invocation asked for becomes real, or is forgotten.
  void commit();
  void roll_back();
  /// What the handler of http-server returned; a request that has no answer gets 500.
  using Answers = wit::List<wit::Tuple<std::uint64_t, actor::http_server_types::Answer>>;
  void take_answers(Answers answers);
  void end_operation(std::uint64_t id);

  Peer* find(std::uint64_t id);
  /// The text, as long as the host lives.
  std::string_view keep(std::string_view text);

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
  void answer_http_server();
  void answer_http_streams();
  void answer_http_client();
  void answer_websocket_client();
  void answer_tcp();
  void answer_redis();
  void answer_database();
  void answer_operation();
  std::uint64_t begin_operation();
  Value keep_value(const Value& value);
  DatabaseCall database_call(DatabaseCall::Kind kind, std::string_view database,
                             wit::List<actor::database_types::Statement> statements);
  actor::types::Started start(DatabaseCall call);
  actor::types::Outcome with_request(std::uint64_t id, ServedRequest::Stand stand,
                                     std::function<void(ServedRequest&)> effect);
  actor::types::Outcome with_socket(std::uint64_t id, std::function<void(OutgoingSocket&)> effect);
  actor::types::Outcome with_tcp(std::uint64_t id, std::function<void(TcpSocket&)> effect);
  actor::types::Outcome with_program(std::uint64_t id, std::function<void(RunningProgram&)> effect);
  actor::types::Outcome with_open_peer(std::uint64_t id, std::function<void(Peer&)> effect);

  std::vector<std::function<void()>> effects_;
  std::deque<Bytes> drawn_;  // what random answered
  std::vector<wit::Tuple<wit::String, std::uint64_t, bool>> listed_;
  std::vector<std::uint64_t> begun_;    // operations of this invocation
  std::vector<std::uint64_t> pending_;  // as last told
  std::deque<std::string> kept_texts_;
  std::deque<detail::ResponseView> response_views_;
  std::deque<Response> responses_;  // that the actor waited for
  std::deque<TableView> tables_;
};

}  // namespace theater::testing
