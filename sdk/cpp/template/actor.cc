// actor-name: answers each text with how many it has seen, from all clients together.
#include "theater/runtime.h"
#include "theater/websocket_server.h"

// The members are the state; nothing else survives an invocation for certain. To change them later,
// see "A new version of the state" in the kit's README.
struct State {
  std::uint64_t texts = 0;
};

class MyActor : public theater::Actor<State>, public theater::WebSocketServerHandler {
  void on_open(theater::Connection joined, const theater::Opening& opening) override {
    theater::log::info("client ", joined.number(), " connected from ", opening.peer);
  }

  void on_text(theater::Connection from, std::string_view text) override {
    state().texts += 1;
    from.send_text(theater::concat("text ", state().texts, ": ", text));
  }

  void on_binary(theater::Connection from, theater::BytesView) override {
    from.close(1003, "only text, please");
  }
};

THEATER_ACTOR(MyActor)
