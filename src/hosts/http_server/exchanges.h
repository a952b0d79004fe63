// Exchanges: the requests of one actor as its guest sees them, and how a rolled-back invocation's
// changes to that view are undone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "hosts/http_server/ending.h"

namespace theater::hosts::http_server {

class Connection;

/// An invocation of the handler whose answers are not performed yet.
struct Delivery {
  Seq seq;
  std::vector<std::uint64_t> ids;   // of the requests it was given
  std::vector<std::uint64_t> done;  // of those that are over with it
};

/// A request as the guest's calls left it: ahead of what is performed.
enum class View : std::uint8_t {
  kNew,        // not answered
  kParked,     // answered "later"
  kStreaming,  // the response goes on
  kFinished,   // the guest has ended it; `ended` follows
  kDone,       // answered: nothing more is told
};

struct Exchange {
  Connection* connection = nullptr;  // null: done with the request
  std::optional<Ending> ending;      // what went wrong with it, once the connection is null
  std::string client;                // its address, for the quota
  std::string text;                  // its method and the beginning of its target
  WallTime since;                    // it was let in
  std::string topic;                 // that the stream listens to; empty: none
  std::size_t promised_bytes = 0;    // of writes that are not performed yet
  std::uint32_t promises = 0;        // events that may be queued without asking
  std::uint64_t last_publication = 0;
  View view = View::kNew;
  bool is_queued = false;     // its event is in the queue, or was
  bool is_delivered = false;  // the guest has been given it
  bool is_events = false;     // a stream of Server-Sent Events
  bool is_told = false;       // `ended` is queued
  bool is_congestion_queued = false;
  bool told_congested = false;  // by the last event about congestion
};

/// One actor's, on its shard. Ordered by id, so that what happens to all happens in one order.
class Exchanges {
 public:
  using Map = std::map<std::uint64_t, Exchange>;

  Exchange& add(std::uint64_t id) { return map_[id]; }
  Exchange* find(std::uint64_t id) {
    const auto found = map_.find(id);
    return found == map_.end() ? nullptr : &found->second;
  }
  void erase(std::uint64_t id) { map_.erase(id); }
  Map& all() { return map_; }
  const Map& all() const { return map_; }

  // Changes by calls; each can be undone until the invocation ends.
  void view(std::uint64_t id, Exchange& exchange, View next);
  void promise(std::uint64_t id, Exchange& exchange, std::size_t bytes);
  void keep() { undo_.clear(); }  // the invocation's changes stand
  /// They never happened. Answers the requests that were changed.
  std::vector<std::uint64_t> roll_back();

 private:
  struct Undo {
    std::uint64_t id;
    View view;
    std::size_t promised_bytes;
  };
  Map map_;
  std::vector<Undo> undo_;
};

}  // namespace theater::hosts::http_server
