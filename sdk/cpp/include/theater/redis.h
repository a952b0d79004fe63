// The redis family: servers by their names in the manifest.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "theater/actor.h"
#include "theater/redis_reply.h"

namespace theater {

using Started = actor::types::Started;
using Error = actor::types::Error;

/// One server. What is started is sent when the invocation is committed; what comes of it is an
/// event of RedisHandler.
///   theater::Redis("cache").command({"SET", key, value});
class Redis {
 public:
  using Words = std::initializer_list<std::string_view>;
  explicit Redis(std::string_view server) : server_(server) {}

  Started command(Words words) const { return commands({words}); }
  /// In one go, answered in this order.
  Started commands(std::initializer_list<Words> commands) const {
    std::vector<std::vector<BytesView>> words;
    std::vector<wit::List<BytesView>> lists;
    for (const Words& command : commands) {
      auto& all = words.emplace_back();
      for (const std::string_view word : command) {
        all.push_back(as_bytes(word));
      }
    }
    for (const auto& all : words) lists.emplace_back(all.data(), all.size());
    return actor::redis::commands(server_, {lists.data(), lists.size()});
  }
  /// Until it is cancelled.
  Started subscribe(Words channels, Words patterns = {}) const {
    const std::vector<std::string_view> names(channels), globs(patterns);
    return actor::redis::subscribe(server_, {names.data(), names.size()},
                                   {globs.data(), globs.size()});
  }

 private:
  std::string_view server_;
};

/// What comes of the operations. Views are valid during the call.
class RedisHandler : public virtual ActorCore, public actor::redis_handler::Guest {
 public:
  StateResult handle_events(BytesView state, wit::List<actor::redis_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) { dispatch(event); });
  }

 protected:
  virtual void on_published(std::uint64_t operation, std::string_view channel, BytesView body) {
    (void)operation, (void)channel, (void)body;
  }
  /// So many messages are missing; 0: nobody knows.
  virtual void on_gap(std::uint64_t operation, std::uint64_t dropped) {
    (void)operation, (void)dropped;
  }
  /// The last event of each operation is one of these two.
  /// One reply a command.
  virtual void on_replies(std::uint64_t operation, const RedisReplies& replies) = 0;
  virtual void on_failed(std::uint64_t operation, const Error& error) = 0;

 private:
  void dispatch(const actor::redis_types::Event& event) {
    using Tag = actor::redis_types::Payload::Tag;
    const auto& payload = event.payload;
    if (payload.tag == Tag::kGap) return on_gap(event.id, payload.gap);
    if (payload.tag == Tag::kPublished) {
      const auto& [channel, body] = payload.published;
      return on_published(event.id, channel, body);
    }
    if (payload.ended) return on_replies(event.id, RedisReplies(*payload.ended));
    on_failed(event.id, payload.ended.error());
  }
};

}  // namespace theater
