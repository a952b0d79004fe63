// http_server::Instance: the answers that a handler returns, from its commit to the connections.
#include <algorithm>

#include "base/check.h"
#include "hosts/http_server/instance.h"
#include "wasm/binary_reader.h"

namespace theater::hosts::http_server {

namespace {

/// The request that an event brings, if it is one that does.
std::optional<std::uint64_t> request_of(ByteSpan event) {
  wasm::BinaryReader reader(event);
  const std::uint64_t id = reader.unsigned_number(UINT64_MAX);
  const std::uint64_t payload = reader.unsigned_number(UINT64_MAX);
  return payload == Payload::kRequest ? std::optional(id) : std::nullopt;
}

bool is_event_stream(const http::ResponseMessage& response) {
  const auto type = http::find_header(response.headers, "content-type");
  return !type || type->starts_with("text/event-stream");
}

}  // namespace

/// From now on calls see the answers, although the connections do not yet.
void Instance::handled(const actor::EventBatch& inputs, const actor::HandledEnd& end) {
  Delivery delivery{end.seq, {}, {}};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (const auto id = request_of(inputs[i])) delivery.ids.push_back(*id);
  }
  std::ranges::sort(delivery.ids);  // a guest may return any number of answers
  if (end.is_commit) {
    const auto answers = wasm::from_binary<Answers>(end.answers);
    CHECK(answers, "the engine answers canonical values");
    for (const auto& [id, answer] : *answers) {
      if (std::ranges::binary_search(delivery.ids, id)) note_answer(id, answer);
    }
  }
  for (const std::uint64_t id : delivery.ids) {
    Exchange* exchange = exchanges_.find(id);
    if (!exchange) continue;
    if (exchange->view == View::kNew) exchange->view = View::kDone;  // it gets 500
    if (exchange->view == View::kDone) delivery.done.push_back(id);
    tell_if_over(id, *exchange);
  }
  deliveries_.push_back(std::move(delivery));
}

void Instance::note_answer(std::uint64_t id, const Answer& answer) {
  Exchange* exchange = exchanges_.find(id);
  if (!exchange || exchange->view != View::kNew) return;
  switch (answer.value.index()) {
    case Answer::kNow:
      exchange->view = View::kDone;
      return;
    case Answer::kLater:
      exchange->view = View::kParked;
      return;
    default:
      exchange->view = View::kStreaming;
      exchange->is_events = is_event_stream(std::get<0>(std::get<Streamed>(answer.value)));
      return;
  }
}

void Instance::perform_answers(const Answers& answers) {
  CHECK(!deliveries_.empty(), "CHAIN-2");
  const Delivery delivery = std::move(deliveries_.front());
  deliveries_.pop_front();
  for (const auto& [id, answer] : answers) {
    if (!std::ranges::binary_search(delivery.ids, id)) continue;
    if (Exchange* exchange = exchanges_.find(id)) perform_answer(id, *exchange, answer);
  }
  topics_.let_go_of_frames();
  for (const std::uint64_t id : delivery.done) {
    Exchange* exchange = exchanges_.find(id);
    if (!exchange) continue;
    Connection* connection = current(id, *exchange);
    if (connection && connection->state() == State::kHandling) {
      ++traffic_.unanswered;
      connection->fail({500, fmt::format("the actor did not answer: see event {} of its chain",
                                         delivery.seq.value)});
      mark_dirty(*connection);
    }
    forget(id);
  }
}

void Instance::perform_answer(std::uint64_t id, Exchange& exchange, const Answer& answer) {
  Connection* connection = current(id, exchange);
  if (!connection || connection->state() != State::kHandling) return;
  mark_dirty(*connection);
  switch (answer.value.index()) {
    case Answer::kNow:
      perform_now(*connection, std::get<Answer::kNow>(answer.value));
      break;
    case Answer::kLater:
      perform_later(*connection, std::get<Answer::kLater>(answer.value));
      break;
    default:
      perform_streamed(id, exchange, std::get<Streamed>(answer.value));
      break;
  }
  if (is_stopping_) connection->eject();  // nothing is parked or streamed any more
}

void Instance::perform_now(Connection& connection, const http::ResponseMessage& response) {
  if (auto why = http::check_response(response)) {
    return connection.fail({500, "the actor's answer cannot be sent: " + *why});
  }
  if (response.body.size() > limits_.response_max) {
    return connection.fail({500, "the actor's answer is too large"});
  }
  connection.respond(response);
}

void Instance::perform_later(Connection& connection, std::uint32_t hold_ms) {
  if (count(State::kParked) >= limits_.parked_max) {
    ++traffic_.refused;
    ++untold_refusals_;
    return connection.fail({503, "too many requests are parked", kRetrySeconds},
                           Ending::kTurnedAway);
  }
  connection.park(std::min<Nanoseconds>(Milliseconds(hold_ms), limits_.hold));
}

void Instance::perform_streamed(std::uint64_t id, Exchange& exchange, const Streamed& answer) {
  const auto& [response, topic] = answer;
  Connection& connection = *exchange.connection;
  if (auto why = http::check_response(response)) {
    return connection.fail({500, "the actor's answer cannot be sent: " + *why},
                           Ending::kUnsendable);
  }
  const bool has_room = !topic || (topic->size() <= kTopicNameMax && topics_.has_room_for(*topic));
  if (count(State::kStreaming) >= limits_.streams_max || !has_room) {
    ++traffic_.refused;
    ++untold_refusals_;
    return connection.fail({503, "too many streams", kRetrySeconds}, Ending::kTurnedAway);
  }
  if (topic && !exchange.is_events) {
    return connection.fail({500, "the actor's answer cannot be sent: topics carry events only"},
                           Ending::kUnsendable);
  }
  connection.stream(response);
  if (topic && connection.state() == State::kStreaming) join_topic(id, exchange, *topic);
}

void Instance::join_topic(std::uint64_t id, Exchange& exchange, std::string_view topic) {
  Connection& connection = *exchange.connection;
  exchange.topic = topic;
  const auto missed = topics_.join(topic, id, connection, connection.last_event_id());
  for (const auto& publication : missed) {
    if (!publication) {
      connection.write_event(std::string(kGapText));
    } else if (!connection.publish(*publication)) {
      return;
    }
    ++traffic_.events;
  }
}

}  // namespace theater::hosts::http_server
