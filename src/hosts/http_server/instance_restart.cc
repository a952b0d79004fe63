// http_server::Instance: what a restart knows of the requests before it. No connection outlives a
// node: whatever the guest has in hand ends interrupted.
#include <algorithm>

#include "hosts/http_server/instance.h"
#include "io/folder.h"
#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"

namespace theater::hosts::http_server {

namespace {

bool is_in_hand(const Exchange& exchange) {
  return exchange.is_delivered && exchange.view != View::kDone;
}

}  // namespace

Bytes Instance::save() const {
  Bytes out;
  wasm::BinaryWriter writer(out);
  writer.unsigned_number(last_id_);
  const auto& all = exchanges_.all();
  writer.unsigned_number(static_cast<std::uint64_t>(
      std::ranges::count_if(all, [](const auto& entry) { return is_in_hand(entry.second); })));
  for (const auto& [id, exchange] : all) {
    if (is_in_hand(exchange)) writer.unsigned_number(id);
  }
  return out;
}

Status Instance::load(ByteSpan saved) {
  wasm::BinaryReader reader(saved);
  last_id_ = reader.unsigned_number(kHostIdBit - 1);
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    exchanges_.add(reader.unsigned_number(2 * kHostIdBit - 1)).is_delivered = true;
  }
  return reader.finish();
}

Status Instance::fold_event(ByteSpan bytes) {
  TRY(const auto event, wasm::from_binary<host::Event<Payload>>(bytes));
  last_id_ = std::max(last_id_, event.id & (kHostIdBit - 1));
  if (event.payload.value.index() == Payload::kRequest) {
    exchanges_.add(event.id).is_delivered = true;
    folding_.push_back(event.id);
  } else if (event.payload.value.index() == Payload::kEnded) {
    exchanges_.erase(event.id);
  }
  return {};
}

void Instance::fold_respond(std::uint64_t id, const http::ResponseMessage&) {
  exchanges_.erase(id);
}

void Instance::fold_respond_all(const Ids& ids, const http::ResponseMessage&) {
  for (const std::uint64_t id : ids) exchanges_.erase(id);
}

/// What got no answer got 500. A batch that failed was given again in pieces: those that come
/// later bring their requests back.
void Instance::fold_answers(const Answers& answers) {
  for (const std::uint64_t id : folding_) exchanges_.erase(id);
  folding_.clear();
  for (const auto& [id, answer] : answers) {
    if (answer.value.index() != Answer::kNow) exchanges_.add(id).is_delivered = true;
  }
}

Status Instance::recover() {
  folding_ = {};
  for (auto& [id, exchange] : exchanges_.all()) {
    exchange.is_queued = exchange.is_told = true;
    exchange.view = View::kParked;
    exchange.ending = Ending::kInterrupted;
    interrupted_.push_back(id);
  }
  std::ranges::reverse(interrupted_);
  report_interrupted();
  listener::Route route{actor_.identity().name, listener::RouteKind::kHttp,
                        setup_.grant.path,      setup_.grant.static_folder.has_value(),
                        &services_.executor,    self_};
  if (setup_.grant.static_folder) TRY_OK(io::Folder::open(*setup_.grant.static_folder));
  TRY(claim_,
      setup_.addresses.claim(setup_.grant.listen, setup_.grant.tls, std::move(route), services_));
  return {};
}

/// As far as promises go; the others when those are taken.
void Instance::report_interrupted() {
  const host::GuestError error = error_of(Ending::kInterrupted);
  while (!interrupted_.empty() && !is_stopping_ && queue_.reserve(1)) {
    const std::uint64_t id = interrupted_.back();
    interrupted_.pop_back();
    queue_.put_reserved(source(About::kEnded, id),
                        event_bytes<Payload::kEnded>(id, std::optional(error)));
  }
}

}  // namespace theater::hosts::http_server
