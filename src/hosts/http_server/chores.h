// Chores: what is to be done to many requests or connections, some of them in each turn of the
// shard.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <ranges>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "host/asked.h"
#include "hosts/http/message.h"
#include "hosts/http_server/limits.h"
#include "hosts/http_server/server_events.h"

namespace theater::hosts::http_server {

/// A response that outlives the effect that brought it. Its body is shared by all who write it.
struct StoredResponse {
  StoredResponse(const http::ResponseMessage& response, const ByteCount& outgoing)
      : body(websocket::share_frame(to_bytes(response.body), outgoing)), message(response) {
    message.body = *body;
  }
  const SharedFrame body;
  http::ResponseMessage message;
};

/// One for many. Bounded by the requests and connections there are.
struct Chore {
  enum class What : std::uint8_t {
    kRespond,  // requests, all with the same response
    kPublish,  // requests whose streams are told, in order
    kEject,    // connections
  };
  What what = What::kRespond;
  std::vector<std::uint64_t> ids;
  std::unique_ptr<StoredResponse> response = nullptr;
  std::shared_ptr<Publication> publication = nullptr;  // shared with those who write it
  std::uint64_t number = 0;  // of the last publication there was, or of this one
  std::size_t bytes = 0;     // that it was asked for with
  std::size_t next = 0;      // of ids

  bool is_done() const { return next == ids.size(); }
};

/// In the order in which they were asked for; and room for those that will be among them as soon as
/// their invocations have committed (BOUND-1). One instance's, on its shard.
class Chores {
 public:
  /// What a chore will hold of its own.
  struct Ask {
    std::size_t bytes;
  };
  /// A payload's bytes, and the ids of those whom it is for.
  static std::size_t bytes_of(std::size_t payload, std::size_t ids) {
    return payload + sizeof(std::uint64_t) * ids;
  }

  /// Whether one more may be asked for, which takes so much. One alone always may.
  bool has_room_for(std::size_t bytes) const {
    return count() == 0 ||
           (count() < kChoresMax && bytes_ + asked_.bytes() + bytes <= kChoreBytesMax);
  }
  /// How many wait or will be asked for.
  std::size_t count() const { return chores_.size() + asked_.size(); }
  host::Asked<Ask>& asked() { return asked_; }

  void add(Chore chore) {
    bytes_ += chore.bytes;
    chores_.push_back(std::move(chore));
  }
  bool empty() const { return chores_.empty(); }
  std::size_t size() const { return chores_.size(); }
  Chore& front() { return chores_.front(); }
  /// What was published stays in its topic's ring, without its frames.
  void end_first() {
    const Chore& chore = chores_.front();
    if (chore.publication) chore.publication->arrive();
    bytes_ -= chore.bytes;
    chores_.pop_front();
  }
  /// Drops those that wait, at a kill; what was asked for comes yet.
  void clear() {
    chores_.clear();
    bytes_ = 0;
  }
  /// Those behind the publication of that number.
  auto behind(std::uint64_t publication) const {
    const auto first = std::ranges::upper_bound(chores_, publication, {}, &Chore::number);
    return std::ranges::subrange(first, chores_.end());
  }

 private:
  std::deque<Chore> chores_;
  std::size_t bytes_ = 0;  // of chores_
  host::Asked<Ask> asked_;
};

}  // namespace theater::hosts::http_server
