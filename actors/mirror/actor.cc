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

  void on_disconnected(theater::OutgoingConnection, const theater::Closing&) override {
    if (state().next > state().count) {
      theater::log::info("done: ", state().count, " cases");
      return theater::stop();
    }
    const std::uint64_t number = ++state().next;
    if (number > state().count) return visit("/updateReports?agent=theater");
    visit("/runCase?case=" + std::to_string(number) + "&agent=theater");
  }

  void visit(std::string_view path) {
    if (!theater::connect(state().server + std::string(path))) fail("cannot connect");
  }
};

THEATER_ACTOR(Mirror)
