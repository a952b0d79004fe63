// What the test plays to an actor from redis servers and databases. A part of Stage; see testing.h.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "theater/fake_host.h"
#include "theater/redis_reply.h"

namespace theater::testing {

/// Each function delivers one event, as a batch of its own.
struct StoreEvents {
  using RedisPayload = actor::redis_types::Payload;
  using DatabasePayload = actor::database_types::Payload;

  /// The replies to commands, in the order of wit/redis.wit; the last event of the operation.
  void replied(this auto& self, std::uint64_t operation, const std::vector<RedisValue>& values) {
    self.redis(operation, RedisPayload::make_ended(wit::List<RedisValue>(values)));
  }
  void redis_failed(this auto& self, std::uint64_t operation, const actor::types::Error& why) {
    self.redis(operation, RedisPayload::make_ended(wit::Failure{why}));
  }
  /// A message of a channel that the operation subscribed to.
  void published(this auto& self, std::uint64_t operation, std::string_view channel,
                 std::string_view body) {
    self.redis(operation, RedisPayload::make_published({channel, as_bytes(body)}));
  }
  void redis(this auto& self, std::uint64_t operation, const RedisPayload& payload) {
    self.template deliver_one<actor::redis_handler::Guest, actor::redis_types::Event>(operation,
                                                                                      payload);
    if (payload.is_ended()) self.ended(operation);
  }

  /// What the statements of an operation gave, a table each; its last event.
  void gave(this auto& self, std::uint64_t operation, const std::vector<Table>& tables) {
    std::deque<TableView> views;
    std::vector<actor::database_types::Rows> results;
    for (const Table& table : tables) results.push_back(views.emplace_back(table).get());
    self.database(operation,
                  DatabasePayload::make_ended(wit::List<actor::database_types::Rows>(results)));
  }
  /// Some rows of a query that asked for parts.
  void gave_part(this auto& self, std::uint64_t operation, const Table& table) {
    const TableView view(table);
    self.database(operation, DatabasePayload::make_part(view.get()));
  }
  void database_failed(this auto& self, std::uint64_t operation, const actor::types::Error& why) {
    self.database(operation, DatabasePayload::make_ended(wit::Failure{why}));
  }
  void database(this auto& self, std::uint64_t operation, const DatabasePayload& payload) {
    self.template deliver_one<actor::database_handler::Guest, actor::database_types::Event>(
        operation, payload);
    if (payload.is_ended()) self.ended(operation);
  }
};

}  // namespace theater::testing
