// Fetches what it is asked for: a client sends a URL, and gets status and size of the response.
// With "watch " before it the client is told meanwhile how far it is.
#include <map>
#include <string>

#include "theater/http_client.h"
#include "theater/operation.h"
#include "theater/text.h"
#include "theater/websocket_server.h"

struct State {
  std::map<std::uint64_t, std::uint64_t> askers;  // by operation: the connection that asked
  std::map<std::uint64_t, std::string> urls;
};

class Fetch : public theater::Actor<State>,
              public theater::WebSocketServerHandler,
              public theater::HttpClientHandler,
              public theater::ProgressHandler {
  void on_text(theater::Connection from, std::string_view url) override {
    constexpr std::string_view kWatch = "watch ";
    const bool is_watched = url.starts_with(kWatch);
    if (is_watched) url.remove_prefix(kWatch.size());
    const auto started = theater::http::get(url);
    if (!started) {
      from.send_text(theater::concat(url, ": ", theater::describe(started.error())));
      return;
    }
    if (is_watched) (void)theater::Operation(*started).watch(std::chrono::milliseconds(200));
    state().askers[*started] = from.id();
    state().urls[*started] = std::string(url);
  }
  void on_binary(theater::Connection from, theater::BytesView) override {
    from.close(1003, "a URL is text");
  }

  void on_progress(std::uint64_t operation, const theater::Progress& progress) override {
    const theater::Connection asker(state().askers[operation]);
    if (!progress.total) return;
    asker.send_text(
        theater::concat(state().urls[operation], ": ", progress.done, " of ", *progress.total));
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
