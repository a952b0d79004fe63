// A table of scores in Redis. Clients send "add NAME POINTS" and "top"; whatever node a score is
// added on, the clients of all nodes hear of it.
#include <map>
#include <string>

#include "theater/redis.h"
#include "theater/text.h"
#include "theater/websocket_server.h"

struct State {
  std::map<std::uint64_t, std::uint64_t> askers;  // by operation: the connection that asked
};

class Scores : public theater::Actor<State>,
               public theater::WebSocketServerHandler,
               public theater::RedisHandler {
  void on_init(theater::BytesView) override {
    if (const auto listening = table().subscribe({"scores"}); !listening) {
      fail(listening.error().message);
    }
  }

  void on_text(theater::Connection from, std::string_view line) override {
    if (line == "top") return remember(from, table().command({"ZREVRANGE", "t", "0", "9"}));
    const auto name_end = line.rfind(' ');
    if (!line.starts_with("add ") || name_end < 4) {
      from.send_text("error: say add NAME POINTS, or top");
      return;
    }
    const std::string_view name = line.substr(4, name_end - 4);
    const std::string_view points = line.substr(name_end + 1);
    const std::string news = theater::concat(name, " +", points);
    remember(
        from,
        table().commands(
            {{"MULTI"}, {"ZINCRBY", "t", points, name}, {"PUBLISH", "scores", news}, {"EXEC"}}));
  }
  void on_binary(theater::Connection from, theater::BytesView) override {
    from.close(1003, "lines are text");
  }

  void on_replies(std::uint64_t operation, const theater::RedisReplies& replies) override {
    if (const auto why = replies.failure()) {
      return tell(operation, theater::concat("error: ", *why));
    }
    std::string answer = "ok:";
    for (const theater::RedisReply& reply : replies) append_strings(answer, reply);
    tell(operation, answer);
  }
  void on_failed(std::uint64_t operation, const theater::Error& error) override {
    tell(operation, theater::concat("error: ", error.message));
  }
  void on_published(std::uint64_t, std::string_view, theater::BytesView news) override {
    theater::publish_text(theater::kEverybody, theater::concat("news: ", theater::as_text(news)));
  }

  /// Those of arrays too.
  static void append_strings(std::string& answer, const theater::RedisReply& reply) {
    if (const auto text = reply.string()) answer += theater::concat(" ", *text);
    for (const theater::RedisReply& item : reply) append_strings(answer, item);
  }

  static theater::Redis table() { return theater::Redis("table"); }
  void remember(theater::Connection from, const theater::Started& started) {
    if (started) {
      state().askers[*started] = from.id();
    } else {
      from.send_text(theater::concat("error: ", started.error().message));
    }
  }
  void tell(std::uint64_t operation, std::string_view text) {
    const auto asker = state().askers.find(operation);
    if (asker == state().askers.end()) return;
    theater::Connection(asker->second).send_text(text);
    state().askers.erase(asker);
  }
};

THEATER_ACTOR(Scores)
