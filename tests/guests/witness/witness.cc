// For the outside tests: says what it is told. Texts are echoed, but for "fail", which fails,
// "log TEXT", which goes to the log, and "last", which answers what `stopping` said before.
#include "theater/runtime.h"
#include "theater/websocket_server.h"

struct State {
  std::string last_reason;
};

class Witness : public theater::Actor<State>,
                public theater::RuntimeHandler,
                public theater::WebSocketServerHandler {
  void on_stopping(std::string_view reason) override {
    state().last_reason = reason;
    theater::log::warn("stopping: ", reason);
    theater::publish_text(theater::kEverybody, theater::concat("stopping: ", reason));
  }

  void on_text(theater::Connection from, std::string_view text) override {
    if (text == "fail") return fail("asked to fail");
    if (text == "last") {
      from.send_text(state().last_reason);
      return;
    }
    if (text.starts_with("log ")) theater::log::info(text.substr(4));
    from.send_text(text);
  }
  void on_binary(theater::Connection from, theater::BytesView bytes) override {
    from.send_binary(bytes);
  }
};

THEATER_ACTOR(Witness)
