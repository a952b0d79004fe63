// For the outside tests: posts to the URL of its parameters and waits for the answer, then again.
#include <string>

#include "theater/http_client.h"
#include "theater/runtime.h"
#include "theater/timer.h"

struct State {
  std::string url;
  std::uint64_t asked = 0;
};

class Waiter : public theater::Actor<State>,
               public theater::TimerHandler,
               public theater::HttpClientHandler {
  void on_init(theater::BytesView url) override {
    state().url.assign(reinterpret_cast<const char*>(url.data()), url.size());
    again();
  }

  void on_tick(const theater::Tick&) override {
    const std::string body = theater::concat(++state().asked);
    const auto answer = theater::http::post_now(
        state().url, {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()});
    const std::string said =
        answer.ok() ? theater::concat(answer->status) : std::string(name_of(answer.error().code));
    theater::log::info("asked ", body, ": ", said);
    again();
  }
  void on_result(std::uint64_t, const theater::HttpResult&) override {}

  static void again() { theater::timer::after("again", std::chrono::milliseconds(10)); }
};

THEATER_ACTOR(Waiter)
