// For the outside tests: answers with as many bytes as it is asked for. GET /bytes?count=N streams
// them as fast as the client takes them, GET /whole?count=N is one response, GET /events listens to
// what POST /say?times=N publishes. How streams ended: GET /ends. GET /work?turns=N computes first.
#include <charconv>
#include <map>
#include <string>

#include "theater/http_server.h"
#include "theater/text.h"
#include "theater/timer.h"

constexpr std::size_t kChunk = 128 << 10;
constexpr std::string_view kTopic = "said";
constexpr std::chrono::milliseconds kPump{20};

struct State {
  std::map<std::uint64_t, std::uint64_t> left;  // bytes of each stream still to be written
  std::uint64_t finished = 0;
  std::uint64_t cut_off = 0;  // for taking too little
  std::uint64_t gone = 0;
};

class Spout : public theater::Actor<State>,
              public theater::HttpServerHandler,
              public theater::TimerHandler {
  theater::Reply on_request(const theater::Request& request) override {
    const std::string_view path = request.path();
    if (path == "/bytes") {
      const std::uint64_t count = number(request, "count");
      const std::uint64_t first = std::min<std::uint64_t>(count, kChunk);
      if (state().left.empty()) (void)theater::timer::every("pump", kPump);
      state().left[request.exchange.id()] = count - first;
      return theater::Reply::stream(theater::text_response(std::string(first, 'x')));
    }
    if (path == "/whole") return theater::text_response(std::string(number(request, "count"), 'x'));
    if (path == "/work") return theater::text_response(theater::concat(work(request), "\n"));
    if (path == "/events") return theater::Reply::events(kTopic);
    if (path == "/say") {
      for (std::uint64_t i = number(request, "times"); i > 0; --i) {
        publish(kTopic, {"", "", request.text()});
      }
      return theater::text_response("said\n");
    }
    if (path == "/ends") {
      return theater::text_response(theater::concat(
          state().finished, " finished, ", state().cut_off, " cut off, ", state().gone, " gone"));
    }
    return theater::text_response("hello\n");
  }

  /// Every stream gets a chunk, if it takes one.
  void on_tick(const theater::Tick&) override {
    for (auto& [id, left] : state().left) pump(theater::Exchange(id), left);
    std::erase_if(state().left, [](const auto& stream) { return stream.second == 0; });
    if (state().left.empty()) (void)theater::timer::cancel("pump");
  }

  static void pump(theater::Exchange exchange, std::uint64_t& left) {
    const std::uint64_t next = std::min<std::uint64_t>(left, kChunk);
    if (!exchange.write(std::string(next, 'x')).ok()) return;
    left -= next;
    if (left == 0) (void)exchange.finish();
  }

  void on_ended(theater::Exchange exchange,
                const theater::wit::Option<theater::Error>& why) override {
    state().left.erase(exchange.id());
    using Code = theater::actor::types::Code;
    if (!why)
      ++state().finished;
    else if (why->code == Code::kFull)
      ++state().cut_off;
    else
      ++state().gone;
  }

  static std::uint64_t work(const theater::Request& request) {
    std::uint64_t value = 1;
    for (std::uint64_t i = number(request, "turns"); i > 0; --i) {
      value = value * 6364136223846793005u + 1442695040888963407u;
    }
    return value;
  }

  static std::uint64_t number(const theater::Request& request, std::string_view name) {
    std::uint64_t value = 0;
    if (const auto text = request.query(name)) {
      std::from_chars(text->data(), text->data() + text->size(), value);
    }
    return value;
  }
};

THEATER_ACTOR(Spout)
