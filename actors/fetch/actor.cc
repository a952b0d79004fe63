// Fetches what it is asked for: a client sends a URL, and gets status and size of the response.
#include <map>
#include <string>

#include "theater/http_client.h"
#include "theater/text.h"
#include "theater/websocket_server.h"

struct State {
  std::map<std::uint64_t, std::uint64_t> askers;  // by operation: the connection that asked
  std::map<std::uint64_t, std::string> urls;
};

class Fetch : public theater::Actor<State>,
              public theater::WebSocketServerHandler,
              public theater::HttpClientHandler {
  void on_text(theater::Connection from, std::string_view url) override {
    const auto started = theater::http::get(url);
    if (!started) {
      from.send_text(theater::concat(url, ": ", theater::describe(started.error())));
      return;
    }
    state().askers[*started] = from.id();
    state().urls[*started] = std::string(url);
  }
  void on_binary(theater::Connection from, theater::BytesView) override {
    from.close(1003, "a URL is text");
  }

  void on_result(std::uint64_t operation, const theater::HttpResult& result) override {
    const theater::Connection asker(state().askers[operation]);
    const std::string url = std::move(state().urls[operation]);
    state().askers.erase(operation);
    state().urls.erase(operation);
    if (result) {
      asker.send_text(
          theater::concat(url, ": ", result->status, ", ", result->body.size(), " bytes"));
    } else {
      asker.send_text(theater::concat(url, ": ", theater::describe(result.error())));
    }
  }
};

THEATER_ACTOR(Fetch)
