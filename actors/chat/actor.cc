// A chat room: every text goes to everybody, numbered; who joins gets the last hundred.
#include <deque>
#include <string>

#include "theater/json.h"
#include "theater/websocket_server.h"

constexpr std::size_t kHistoryMax = 100;
constexpr std::uint16_t kUnsupportedData = 1003;

struct Line {
  std::uint64_t seq = 0;
  std::uint64_t from = 0;
  std::string text;
};

struct State {
  std::uint64_t last_seq = 0;
  std::deque<Line> history;
};

class Chat : public theater::Actor<State>, public theater::WebSocketServerHandler {
  void on_open(theater::Connection joined, const theater::Opening&) override {
    for (const Line& line : state().history) joined.send_text(to_json(line));
  }

  void on_text(theater::Connection from, std::string_view text) override {
    auto& history = state().history;
    history.push_back({++state().last_seq, from.number(), std::string(text)});
    if (history.size() > kHistoryMax) history.pop_front();
    theater::publish_text(theater::kEverybody, to_json(history.back()));
  }

  void on_binary(theater::Connection from, theater::BytesView) override {
    from.close(kUnsupportedData, "this room takes text only");
  }

  static std::string to_json(const Line& line) {
    return theater::json_object("seq", line.seq, "from", theater::concat("c", line.from), "text",
                                line.text);
  }
};

THEATER_ACTOR(Chat)
