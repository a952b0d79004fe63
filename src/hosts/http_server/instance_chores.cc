// http_server::Instance: what concerns many at once, a part in each turn of the shard (BLOCK-1).
#include <algorithm>
#include <utility>

#include "host/closing.h"
#include "host/rounds.h"
#include "hosts/http_server/instance.h"
#include "hosts/sockets/shed.h"

namespace theater::hosts::http_server {

/// The first part of it now, if nothing is before it.
void Instance::add_chore(Chore chore) {
  if (chore.what == Chore::What::kPublish) ++last_publication_;
  chore.number = last_publication_;
  chores_.add(std::move(chore));
  if (chores_.size() == 1) do_chores();
}

void Instance::do_chores() {
  host::Turn turn(services_.clock, kChoreStepsMax);
  while (!chores_.empty()) {
    if (chores_.front().is_done()) {
      chores_.end_first();
    } else if (turn.take()) {
      do_next(chores_.front());
    } else {
      return deferred_.request(&Instance::do_chores);
    }
  }
}

void Instance::do_next(Chore& chore) {
  const std::uint64_t id = chore.ids[chore.next++];
  if (chore.what == Chore::What::kEject) {
    if (Connection* connection = find_connection(id)) connection->eject();
    return;
  }
  if (chore.what == Chore::What::kPublish) return publish_to(id, chore);
  give(id, chore.response->message, chore.response->body);
}

void Instance::publish_to(std::uint64_t id, const Chore& chore) {
  Exchange* exchange = exchanges_.find(id);
  Connection* connection = exchange ? current(id, *exchange) : nullptr;
  if (!connection || exchange->last_publication >= chore.number) return;
  exchange->last_publication = chore.number;
  ++traffic_.events;
  connection->publish(*chore.publication);
  mark_dirty(*connection);
}

/// What was published before goes before what is written to this stream now.
void Instance::catch_up(std::uint64_t id) {
  Exchange* const exchange = exchanges_.find(id);
  if (!exchange || exchange->topic.empty()) return;
  for (const Chore& chore : chores_.behind(exchange->last_publication)) {
    if (chore.what != Chore::What::kPublish) continue;
    if (std::ranges::binary_search(chore.ids, id)) publish_to(id, chore);
  }
  exchange->last_publication = last_publication_;
}

// Work that waits for the end of the batch.

void Instance::mark_dirty(Connection& connection) {
  if (std::exchange(connection.is_dirty, true)) return;
  dirty_.push_back(connection.number());
  deferred_.request(&Instance::flush_dirty);
}

Connection* Instance::find_connection(std::uint64_t number) const {
  const auto found = connections_.find(number);
  return found == connections_.end() ? nullptr : found->second.get();
}

void Instance::flush_dirty() {
  const auto find = [this](std::uint64_t number) { return find_connection(number); };
  const auto round = host::flush_dirty(dirty_, find, services_.clock);
  if (round == host::Round::kUnfinished) deferred_.request(&Instance::flush_dirty);
  const auto excess = sockets::excess_of(*outgoing_, limits_.out_total);
  if (excess == sockets::Excess::kTwice) deferred_.request(&Instance::make_room);
}

/// Too much is held for clients that do not take it: who was slowest pays for all. Each tick, and
/// soon when there is no time for that.
void Instance::make_room() {
  const auto excess = sockets::excess_of(*outgoing_, limits_.out_total);
  if (excess == sockets::Excess::kNone) return;
  std::vector<sockets::Holder<Connection>> stuck;
  for (const auto& [number, it] : connections_) {
    if (!it->is_stuck() || !sockets::is_slow(it->moved(), tick_time_, excess)) continue;
    stuck.push_back({it->moved(), it->own_outgoing_bytes(), it.get()});
  }
  const auto cut = [](Connection& connection) { connection.cut_off(); };
  const auto round = sockets::shed(std::move(stuck), outgoing_, limits_.out_total, cut);
  if (round == host::Round::kUnfinished) deferred_.request(&Instance::make_room);
}

void Instance::resume_held() {
  const auto find = [this](std::uint64_t number) { return find_connection(number); };
  const auto may = [this](const Connection&) { return has_room_for_part(); };
  const auto round = host::resume_held(held_, find, may, services_.clock);
  if (round == host::Round::kUnfinished) deferred_.request(&Instance::resume_held);
}

/// What it has sent ahead may be refused as well: one request in each task.
void Instance::on_turned_away(Connection& connection) {
  turned_away_.push_back(connection.number());
  deferred_.request(&Instance::hear_turned_away);
}

void Instance::hear_turned_away() {
  const auto find = [this](std::uint64_t number) { return find_connection(number); };
  const auto all = [](const Connection&) { return true; };
  const auto round = host::resume_held(turned_away_, find, all, services_.clock);
  if (round == host::Round::kUnfinished) deferred_.request(&Instance::hear_turned_away);
}

void Instance::bury() {
  if (host::bury_some(dead_, services_.clock) == host::Round::kUnfinished) {
    return deferred_.request(&Instance::bury);
  }
  drained_if_empty();
}

void Instance::drop_connections() {
  std::vector<std::unique_ptr<io::Stream>> streams;
  for (const auto& [number, connection] : connections_) streams.push_back(connection->give_up());
  for (const auto& connection : dead_) streams.push_back(connection->give_up());
  connections_.clear();
  dead_.clear();
  reading_.clear();
  counts_ = {};
  host::close_all(std::move(streams), services_);
}

}  // namespace theater::hosts::http_server
