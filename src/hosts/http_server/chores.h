// Chores: what is to be done to many requests or connections, some of them in each turn of the
// shard.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "hosts/http/message.h"
#include "hosts/http_server/server_events.h"

namespace theater::hosts::http_server {

/// What one task does of it. The shard's other work comes in between.
inline constexpr std::size_t kChoreStepsMax = 128;
/// That wait; then the first is finished at once.
inline constexpr std::size_t kChoresMax = 32;

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
  std::size_t next = 0;                                // of ids

  bool is_done() const { return next == ids.size(); }
};

/// In the order in which they were asked for.
using Chores = std::deque<Chore>;

}  // namespace theater::hosts::http_server
