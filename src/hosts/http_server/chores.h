// Chores: what is to be done to many requests or connections, some of them in each turn of the
// shard.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "host/asked.h"
#include "hosts/http/message.h"
#include "hosts/http_server/server_events.h"

namespace theater::hosts::http_server {

/// What one task does of it. The shard's other work comes in between.
inline constexpr std::size_t kChoreStepsMax = 128;
/// Publications that are on their way, and what they hold beside the frames.
inline constexpr std::size_t kPublicationsMax = 4096;
inline constexpr std::size_t kPublicationBytesMax = 8u << 20;

/// One holds its text, and the ids of those who listen.
inline std::size_t publication_bytes(std::size_t text, std::size_t listeners) {
  return text + sizeof(std::uint64_t) * listeners;
}

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
  std::uint64_t number = 0;                            // of the publication
  std::size_t bytes = 0;                               // of the publication and its ids
  std::size_t next = 0;                                // of ids

  bool is_done() const { return next == ids.size(); }
};

/// In the order in which they were asked for; and the publications that will be among them as soon
/// as their invocations have committed, for which room is kept (BOUND-1).
class Chores {
 public:
  struct Ask {
    std::size_t bytes;
  };
  bool has_room_for(std::size_t bytes) const {
    return publications_ + asked_.size() < kPublicationsMax &&
           bytes_ + asked_.bytes() + bytes <= kPublicationBytesMax;
  }
  host::Asked<Ask>& asked() { return asked_; }

  void add(Chore chore) {
    bytes_ += chore.bytes;
    publications_ += chore.publication ? 1 : 0;
    chores_.push_back(std::move(chore));
  }
  bool empty() const { return chores_.empty(); }
  std::size_t size() const { return chores_.size(); }
  std::size_t publications() const { return publications_; }
  Chore& front() { return chores_.front(); }
  /// What was published stays in its topic's ring, without its frames.
  void end_first() {
    const Chore& chore = chores_.front();
    if (chore.publication) chore.publication->arrive();
    bytes_ -= chore.bytes;
    publications_ -= chore.publication ? 1 : 0;
    chores_.pop_front();
  }
  void clear() {
    chores_.clear();
    publications_ = bytes_ = 0;
  }
  auto begin() const { return chores_.begin(); }
  auto end() const { return chores_.end(); }

 private:
  std::deque<Chore> chores_;
  std::size_t publications_ = 0, bytes_ = 0;  // on their way
  host::Asked<Ask> asked_;
};

}  // namespace theater::hosts::http_server
