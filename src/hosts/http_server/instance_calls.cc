// http_server::Instance: what the guest may ask for, and doing it once it is durable.
#include <algorithm>
#include <memory>

#include "host/rounds.h"
#include "hosts/http_server/instance.h"

namespace theater::hosts::http_server {

using host::GuestCode;
using host::refuse;

namespace {

std::unexpected<host::GuestError> unknown(std::uint64_t id) {
  return refuse(GuestCode::kNotFound, "no request {}", id);
}
std::unexpected<host::GuestError> closed(std::uint64_t id) {
  return refuse(GuestCode::kClosed, "request {} is over", id);
}

bool is_over(const Exchange& exchange) {
  return !exchange.connection || exchange.view == View::kDone || exchange.view == View::kFinished;
}

host::Outcome check_topic(std::string_view topic) {
  if (!topic.empty() && topic.size() <= kTopicNameMax) return {};
  return refuse(GuestCode::kInvalid, "a topic has 1 to {} bytes", kTopicNameMax);
}

}  // namespace

host::Outcome Instance::respond(std::uint64_t id, const http::ResponseMessage& response) {
  Exchange* exchange = exchanges_.find(id);
  if (!exchange || !exchange->is_delivered) return unknown(id);
  if (is_over(*exchange)) return closed(id);
  if (exchange->view == View::kStreaming) {
    return refuse(GuestCode::kConflict, "request {} is being answered by a stream", id);
  }
  if (auto status = check(response); !status) return status;
  exchanges_.view(id, *exchange, View::kDone);
  return {};
}

host::Outcome Instance::respond_all(const Ids& ids, const http::ResponseMessage& response) {
  if (auto status = check(response); !status) return status;
  if (ids.size() > limits_.connections_max) {
    return refuse(GuestCode::kTooLarge, "{} requests, connections_max is {}", ids.size(),
                  limits_.connections_max);
  }
  if (auto status = ask_for_chore(response.body.size(), ids.size()); !status) return status;
  for (const std::uint64_t id : ids) {
    Exchange* exchange = exchanges_.find(id);
    const bool waits = exchange && exchange->is_delivered && !is_over(*exchange) &&
                       exchange->view != View::kStreaming;
    if (waits) exchanges_.view(id, *exchange, View::kDone);
  }
  return {};
}

host::Outcome Instance::check(const http::ResponseMessage& response) const {
  if (auto why = http::check_response(response)) return refuse(GuestCode::kInvalid, "{}", *why);
  if (response.body.size() <= limits_.response_max) return {};
  return refuse(GuestCode::kTooLarge, "{} bytes, response_max is {}", response.body.size(),
                limits_.response_max);
}

/// Whether so many bytes may be written to a stream.
host::Outcome Instance::check_stream(std::uint64_t id, std::size_t bytes) {
  Exchange* exchange = exchanges_.find(id);
  if (!exchange || !exchange->is_delivered) return unknown(id);
  if (is_over(*exchange)) return closed(id);
  if (exchange->view != View::kStreaming) {
    return refuse(GuestCode::kConflict, "request {} is not answered by a stream", id);
  }
  const std::size_t waiting = exchange->connection->outgoing_bytes() + exchange->promised_bytes;
  return refused_.note(id, host::check_room(id, bytes, waiting, limits_.out_hard));
}

host::Outcome Instance::finish(std::uint64_t id) {
  if (auto status = check_stream(id, 0); !status) return status;
  exchanges_.view(id, *exchanges_.find(id), View::kFinished);
  return {};
}

host::Outcome Instance::write(std::uint64_t id, ByteSpan chunk) {
  if (auto status = check_stream(id, chunk.size()); !status) return status;
  exchanges_.promise(id, *exchanges_.find(id), chunk.size());
  return {};
}

host::Outcome Instance::send_event(std::uint64_t id, const ServerEvent& event) {
  if (auto why = check_event(event)) return refuse(GuestCode::kInvalid, "{}", *why);
  const std::size_t bytes = event_size(event);
  if (auto status = check_stream(id, bytes); !status) return status;
  Exchange& exchange = *exchanges_.find(id);
  if (!exchange.is_events) {
    return refuse(GuestCode::kInvalid, "request {} is not answered by text/event-stream", id);
  }
  exchanges_.promise(id, exchange, bytes);
  return {};
}

host::Outcome Instance::publish(std::string_view topic, const ServerEvent& event) {
  if (auto status = check_topic(topic); !status) return status;
  if (auto why = check_event(event)) return refuse(GuestCode::kInvalid, "{}", *why);
  const std::size_t bytes = event_size(event);
  if (bytes > limits_.topic_bytes) {
    return refuse(GuestCode::kTooLarge, "{} bytes, topic_bytes is {}", bytes, limits_.topic_bytes);
  }
  if (!topics_.has_room_for(topic)) {
    return refuse(GuestCode::kFull, "topics_max is {}", limits_.topics_max);
  }
  return ask_for_chore(bytes, topics_.count(topic));
}

/// Keeps room for what is to be done to many, until it is.
host::Outcome Instance::ask_for_chore(std::size_t payload, std::size_t ids) {
  const std::size_t bytes = Chores::bytes_of(payload, ids);
  if (!chores_.has_room_for(bytes)) {
    return refuse(GuestCode::kFull, "{} answers and events to many are on their way",
                  chores_.count());
  }
  chores_.asked().ask({bytes});
  return {};
}

host::Outcome Instance::more(std::uint64_t id, std::uint32_t) {
  if (setup_.grant.body != BodyMode::kParts) {
    return refuse(GuestCode::kUnsupported, "the grant does not say body = \"parts\"");
  }
  const Exchange* exchange = exchanges_.find(id);
  if (!exchange || !exchange->is_delivered) return unknown(id);
  if (!exchange->connection) return closed(id);
  return {};
}

void Instance::settle(actor::Settlement settlement) {
  refused_.settle(settlement, exchanges_, [this](Connection& it) { mark_dirty(it); });
  if (settlement == actor::Settlement::kCommitted) {
    chores_.asked().keep();
    return exchanges_.keep();
  }
  chores_.asked().roll_back();
  for (const std::uint64_t id : exchanges_.roll_back()) {
    if (Exchange* exchange = exchanges_.find(id)) tell_if_over(id, *exchange);
  }
}

// Effects. A request whose client has gone meanwhile takes none: its last event says so.

void Instance::perform_respond(std::uint64_t id, const http::ResponseMessage& response) {
  give(id, response, nullptr);
}

void Instance::give(std::uint64_t id, const http::ResponseMessage& response,
                    const SharedFrame& body) {
  Exchange* exchange = exchanges_.find(id);
  if (!exchange || exchange->view != View::kDone) return;
  if (Connection* connection = current(id, *exchange)) {
    connection->respond(response, body);
    mark_dirty(*connection);
  }
  if (!exchange->is_told) forget(id);
}

void Instance::perform_respond_all(const Ids& ids, const http::ResponseMessage& response) {
  add_chore({.what = Chore::What::kRespond,
             .ids = ids,
             .response = std::make_unique<StoredResponse>(response, outgoing_),
             .bytes = chores_.asked().take().bytes});
}

void Instance::perform_finish(std::uint64_t id) {
  catch_up(id);
  Exchange* exchange = exchanges_.find(id);
  if (!exchange) return;
  if (Connection* connection = current(id, *exchange)) {
    connection->finish();
    mark_dirty(*connection);
  }
}

void Instance::perform_write(std::uint64_t id, ByteSpan chunk) {
  catch_up(id);
  Exchange* exchange = exchanges_.find(id);
  if (!exchange) return;
  exchange->promised_bytes -= std::min(exchange->promised_bytes, chunk.size());
  if (Connection* connection = current(id, *exchange)) {
    connection->write(chunk);
    mark_dirty(*connection);
  }
}

void Instance::perform_send_event(std::uint64_t id, const ServerEvent& event) {
  catch_up(id);
  Exchange* exchange = exchanges_.find(id);
  if (!exchange) return;
  exchange->promised_bytes -= std::min(exchange->promised_bytes, event_size(event));
  if (Connection* connection = current(id, *exchange)) {
    connection->write_event(event_text(event));
    ++traffic_.events;
    mark_dirty(*connection);
  }
}

/// A client that is too slow is cut off: it comes back with Last-Event-ID.
void Instance::perform_publish(std::string_view topic, const ServerEvent& event) {
  const std::size_t bytes = chores_.asked().take().bytes;
  if (!topics_.has_room_for(topic)) return;  // nobody listens to a topic that is not there
  const auto publication = std::make_shared<Publication>(event, outgoing_);
  publication->depart();
  Chore chore{.what = Chore::What::kPublish, .publication = publication, .bytes = bytes};
  for (const auto& [id, connection] : topics_.publish(topic, publication)) chore.ids.push_back(id);
  add_chore(std::move(chore));
}

void Instance::perform_more(std::uint64_t id, std::uint32_t credit) {
  Exchange* exchange = exchanges_.find(id);
  if (!exchange) return;
  if (Connection* connection = current(id, *exchange)) connection->more(credit);
}

}  // namespace theater::hosts::http_server
