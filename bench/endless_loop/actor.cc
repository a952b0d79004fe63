// Never answers a message: computes until its deadline ends the call.
#include "theater/websocket_server.h"

struct State {};

class EndlessLoop : public theater::Actor<State>, public theater::WebSocketServerHandler {
  void on_text(theater::Connection, std::string_view) override { compute(); }
  void on_binary(theater::Connection, theater::BytesView) override { compute(); }

  void compute() {
    volatile std::uint64_t number = 1;
    while (true) number = number * 3 + 1;
  }
};

THEATER_ACTOR(EndlessLoop)
