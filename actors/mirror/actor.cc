// Walks through the cases of a WebSocket conformance server: connects for each, sends every message
// back, and asks for the report at the end.
#include <charconv>
#include <string>

#include "theater/runtime.h"
#include "theater/websocket_client.h"

struct State {
  std::string server;  // "ws://127.0.0.1:9001"
  std::uint64_t count = 0;
  std::uint64_t next = 0;  // case; 0: how many there are is not known
};

class Mirror : public theater::Actor<State>, public theater::WebSocketClientHandler {
  void on_init(theater::BytesView params) override {
    state().server = std::string(reinterpret_cast<const char*>(params.data()), params.size());
    visit("/getCaseCount");
  }

  void on_server_text(theater::OutgoingConnection from, std::string_view text) override {
    if (state().next > 0) {
      from.send_text(text);
      return;
    }
    std::from_chars(text.data(), text.data() + text.size(), state().count);
  }
  void on_server_binary(theater::OutgoingConnection from, theater::BytesView bytes) override {
    from.send_binary(bytes);
  }

  void on_disconnected(theater::OutgoingConnection, const theater::Closing& closing) override {
    if (state().next == 0 && state().count == 0) return give_up(why_of(closing));
    if (closing.error && closing.error->code == theater::Code::kUnreachable) {
      return give_up(why_of(closing));
    }
    if (state().next > state().count) {
      theater::log::info("done: ", state().count, " cases");
      return theater::stop();
    }
    const std::uint64_t number = ++state().next;
    if (number > state().count) return visit("/updateReports?agent=theater");
    visit("/runCase?case=" + std::to_string(number) + "&agent=theater");
  }

  void visit(std::string_view path) {
    const auto opened = theater::connect(state().server + std::string(path));
    if (!opened) give_up(theater::describe(opened.error()));
  }

  static std::string why_of(const theater::Closing& closing) {
    if (closing.error) return theater::describe(*closing.error);
    return theater::concat("it closed with ", closing.code, " and told no number of cases");
  }
  /// Ends the actor as failed: the manifest says on_error = "stop".
  void give_up(std::string_view why) {
    const std::string line = theater::concat(state().server, ": ", why);
    theater::log::error(line);
    fail(line);
  }
};

THEATER_ACTOR(Mirror)
