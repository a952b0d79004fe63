// Sends every message back to the client it came from.
#include "theater/websocket_server.h"

class Echo : public theater::Actor<>, public theater::WebSocketServerHandler {
  void on_text(theater::Connection from, std::string_view text) override { from.send_text(text); }
  void on_binary(theater::Connection from, theater::BytesView bytes) override {
    from.send_binary(bytes);
  }
};

THEATER_ACTOR(Echo)
