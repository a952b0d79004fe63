// For the outside tests: requests as clients ask for them over a WebSocket, one a line:
// "whole URL", "parts URL", "kept URL", "post URL BYTES", "brief URL MS"; "more ID CREDIT" and
// "cancel ID" are about one that was begun. Answers "begun ID URL", then "ID head STATUS",
// "ID part BYTES", and at last "ID STATUS BYTES" or "ID CODE".
#include <charconv>
#include <map>
#include <string>

#include "theater/http_client.h"
#include "theater/operation.h"
#include "theater/text.h"
#include "theater/websocket_server.h"

struct State {
  std::map<std::uint64_t, std::uint64_t> askers;  // by operation: the connection that asked
  std::map<std::uint64_t, std::uint64_t> sizes;   // of the parts so far
};

class Courier : public theater::Actor<State>,
                public theater::WebSocketServerHandler,
                public theater::HttpClientHandler {
  void on_text(theater::Connection from, std::string_view line) override {
    const std::string_view verb = word(line), first = word(line), second = word(line);
    if (verb == "cancel") {
      (void)theater::Operation(number(first)).cancel();
      return;
    }
    if (verb == "more") {
      (void)theater::Operation(number(first)).more(static_cast<std::uint32_t>(number(second)));
      return;
    }
    const auto started = start(verb, first, number(second));
    if (!started) {
      from.send_text(theater::concat("refused ", name_of(started.error().code)));
      return;
    }
    state().askers[*started] = from.id();
    from.send_text(theater::concat("begun ", *started, " ", first));
  }

  void on_binary(theater::Connection from, theater::BytesView) override {
    from.close(1003, "lines are text");
  }

  static theater::Started start(std::string_view verb, std::string_view url, std::uint64_t value) {
    if (verb == "post") {
      const std::string body(value, 'b');
      return theater::http::post(url,
                                 {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()});
    }
    if (verb == "brief") {
      return theater::http::get(url, theater::Delivery::kWhole, std::chrono::milliseconds(value));
    }
    return theater::http::get(url, verb == "parts"  ? theater::Delivery::kParts
                                   : verb == "kept" ? theater::Delivery::kKept
                                                    : theater::Delivery::kWhole);
  }

  void on_head(std::uint64_t operation, const theater::HttpResponse& head) override {
    tell(operation, theater::concat("head ", head.status));
  }
  void on_part(std::uint64_t operation, theater::BytesView part) override {
    state().sizes[operation] += part.size();
    tell(operation, theater::concat("part ", part.size()));
  }
  void on_result(std::uint64_t operation, const theater::HttpResult& result) override {
    const std::uint64_t size = state().sizes[operation];
    if (result) {
      tell(operation, theater::concat(result->status, " ", size + result->body.size()));
    } else {
      tell(operation, name_of(result.error().code));
    }
    state().askers.erase(operation);
    state().sizes.erase(operation);
  }

  void tell(std::uint64_t operation, std::string_view what) {
    const theater::Connection asker(state().askers[operation]);
    asker.send_text(theater::concat(operation, " ", what));
  }
  static std::string_view word(std::string_view& line) {
    const std::string_view taken = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), taken.size() + 1));
    return taken;
  }
  static std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
};

THEATER_ACTOR(Courier)
