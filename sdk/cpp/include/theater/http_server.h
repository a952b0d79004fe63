// The http-server family: requests that clients send, answered at once, later, or as a stream.
#pragma once

#include <compare>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "theater/actor.h"
#include "theater/http_reply.h"
#include "theater/text.h"

namespace theater {

using Error = actor::types::Error;

/// One Server-Sent Event: a client that comes back names the last `id` it saw.
struct ServerEvent {
  std::string_view id;
  std::string_view name;
  std::string_view data;
};

/// Names a request that is not answered yet, or whose response is a stream. Copy it, keep its id()
/// in the state; after the end every call answers `closed` or `not-found`.
class Exchange {
 public:
  explicit Exchange(std::uint64_t id) : id_(id) {}
  std::uint64_t id() const { return id_; }

  Outcome respond(const Response& response) const {
    return actor::http_server::respond(id_, detail::ResponseView(response).get());
  }
  // Of a stream.
  Outcome write(std::string_view chunk) const {
    return actor::http_server::write(id_, as_bytes(chunk));
  }
  Outcome send(const ServerEvent& event) const {
    return actor::http_server::send_event(id_, {event.id, event.name, event.data});
  }
  Outcome finish() const { return actor::http_server::finish(id_); }
  /// Of a body in parts: so many bytes more may come.
  Outcome more(std::uint32_t credit) const { return actor::http_server::more(id_, credit); }

  friend auto operator<=>(Exchange, Exchange) = default;

 private:
  std::uint64_t id_;
};

/// Views are valid during the call.
struct Request {
  Exchange exchange;
  std::string_view peer;
  std::string_view method;
  std::string_view url;
  actor::types::Headers headers;
  BytesView body;

  std::string_view path() const { return url.substr(0, url.find('?')); }
  /// A value of the query, as sent; nothing if the name is missing.
  std::optional<std::string_view> query(std::string_view name) const {
    std::string_view rest = url.substr(path().size());
    while (!rest.empty()) {
      rest.remove_prefix(1);  // "?" or "&"
      const std::string_view item = rest.substr(0, rest.find('&'));
      rest.remove_prefix(item.size());
      if (!item.starts_with(name)) continue;
      if (item.size() == name.size()) return std::string_view();
      if (item[name.size()] == '=') return item.substr(name.size() + 1);
    }
    return std::nullopt;
  }
  /// The first value of a field; its name in lower case.
  std::optional<std::string_view> header(std::string_view name) const {
    return find_header(headers, name);
  }
  std::string_view text() const { return as_text(body); }
};

/// What happens to the requests.
class HttpServerHandler : public virtual ActorCore, public actor::http_server_handler::Guest {
 public:
  using Answers = wit::List<wit::Tuple<std::uint64_t, actor::http_server_types::Answer>>;
  using AnswersResult = wit::Result<wit::Tuple<wit::Bytes, Answers>, wit::String>;

  AnswersResult handle_events(BytesView state,
                              wit::List<actor::http_server_types::Event> events) final {
    replies_.clear();
    const StateResult next = invoke(state, events, [this](const auto& event) { dispatch(event); });
    if (!next.ok()) return wit::Failure<wit::String>{next.error()};
    write_answers();
    return wit::Tuple<wit::Bytes, Answers>{next->element0, answers_};
  }

 protected:
  virtual Reply on_request(const Request& request) = 0;
  /// Of a body in parts; on_complete follows the last.
  virtual void on_part(Exchange, BytesView) {}
  virtual void on_complete(Exchange) {}
  /// Much of the stream waits for the client; `on_drained` follows.
  virtual void on_congested(Exchange) {}
  virtual void on_drained(Exchange) {}
  /// The last event of a request that was answered later or as a stream, unless respond() came
  /// first. Ids that the state does not know are possible after a restart.
  virtual void on_ended(Exchange, const wit::Option<Error>&) {}

  /// To every stream of the topic, those begun earlier in this invocation among them.
  Outcome publish(std::string_view topic, const ServerEvent& event) {
    const Outcome outcome = actor::http_server::publish(topic, {event.id, event.name, event.data});
    if (!outcome.ok()) return outcome;
    for (auto& [id, reply] : replies_) {
      if (reply.topic_ == topic) append_event(reply.response_.body, event);
    }
    return outcome;
  }

 private:
  static void append_event(std::string& out, const ServerEvent& event) {
    if (!event.id.empty()) out += concat("id: ", event.id, "\n");
    if (!event.name.empty()) out += concat("event: ", event.name, "\n");
    std::string_view data = event.data;
    while (true) {
      const auto end = data.find('\n');
      out += concat("data: ", data.substr(0, end), "\n");
      if (end == std::string_view::npos) break;
      data.remove_prefix(end + 1);
    }
    out += "\n";
  }

  void write_answers() {
    views_.clear();
    answers_.clear();
    for (const auto& [id, reply] : replies_) {
      using actor::http_server_types::Answer;
      const auto& view = views_.emplace_back(reply.response_).get();
      switch (reply.kind_) {
        case Reply::Kind::kNow:
          answers_.push_back({id, Answer::make_now(view)});
          break;
        case Reply::Kind::kLater:
          answers_.push_back(
              {id, Answer::make_later(static_cast<std::uint32_t>(reply.hold_.count()))});
          break;
        case Reply::Kind::kStream: {
          wit::Option<wit::String> topic;
          if (reply.topic_) topic = wit::Option<wit::String>(wit::String(*reply.topic_));
          answers_.push_back({id, Answer::make_streamed({view, topic})});
          break;
        }
        case Reply::Kind::kNone:
          break;
      }
    }
  }

  void dispatch(const actor::http_server_types::Event& event) {
    using Tag = actor::http_server_types::Payload::Tag;
    const Exchange exchange(event.id);
    switch (event.payload.tag) {
      case Tag::kRequest: {
        const auto& [peer, request] = event.payload.request;
        Reply reply = on_request(
            {exchange, peer, request.method, request.url, request.headers, request.body});
        replies_.emplace_back(event.id, std::move(reply));
        return;
      }
      case Tag::kPart:
        return on_part(exchange, event.payload.part);
      case Tag::kComplete:
        return on_complete(exchange);
      case Tag::kCongested:
        return on_congested(exchange);
      case Tag::kDrained:
        return on_drained(exchange);
      case Tag::kEnded:
        return on_ended(exchange, event.payload.ended);
    }
  }

  std::deque<std::pair<std::uint64_t, Reply>> replies_;  // of this invocation
  std::deque<detail::ResponseView> views_;
  std::vector<wit::Tuple<std::uint64_t, actor::http_server_types::Answer>> answers_;
};

}  // namespace theater
