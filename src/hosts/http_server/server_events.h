// Server-Sent Events: their text, the frames that carry it, and the rings that keep the newest.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hosts/http_server/limits.h"
#include "hosts/http_server/payload.h"
#include "hosts/websocket/outbox.h"

namespace theater::hosts::http_server {

using websocket::ByteCount;
using websocket::Outbox;
using websocket::SharedFrame;

class Connection;

/// Why an event cannot be sent; nothing if it can.
std::optional<std::string> check_event(const ServerEvent& event);
/// The event as the stream's text, its data line by line.
std::string event_text(const ServerEvent& event);
/// How many bytes that is.
std::size_t event_size(const ServerEvent& event);

inline constexpr std::string_view kHeartbeatText = ":\n\n";
/// Tells a client that came back that events it missed are no longer known.
inline constexpr std::string_view kGapText = "event: gap\ndata:\n\n";

/// One published event, encoded once for each kind of stream it goes to.
class Publication {
 public:
  Publication(const ServerEvent& event, ByteCount outgoing)
      : id_(event.id), text_(event_text(event)), outgoing_(std::move(outgoing)) {}
  const SharedFrame& chunked();
  const SharedFrame& raw();
  const std::string& id() const { return id_; }
  std::size_t bytes() const { return text_.size(); }
  /// It is on its way to those who listen, until all of them have it.
  void depart() { is_on_its_way_ = true; }
  void arrive() {
    is_on_its_way_ = false;
    let_go_of_frames();
  }
  /// Who writes it keeps its frame; for who comes back it is made again. Not while it is on its
  /// way.
  void let_go_of_frames() {
    if (!is_on_its_way_) chunked_.reset(), raw_.reset();
  }

 private:
  const std::string id_;
  const std::string text_;
  const ByteCount outgoing_;
  SharedFrame chunked_, raw_;
  bool is_on_its_way_ = false;
};

/// Topics, their streams (ordered by request id), and what was published last. Pure bookkeeping;
/// one actor's.
class Topics {
 public:
  explicit Topics(const Limits& limits) : limits_(limits) {}

  using Members = std::map<std::uint64_t, Connection*>;
  /// Whether one more topic, or this one, can be had.
  bool has_room_for(std::string_view topic) const;
  /// Adds a stream. What it missed since `last_id`; a gap (null) first if the ring no longer
  /// reaches back so far.
  std::vector<std::shared_ptr<Publication>> join(std::string_view topic, std::uint64_t id,
                                                 Connection& connection,
                                                 const std::string* last_id);
  /// Those that join together share the frames of what they missed, until this.
  void let_go_of_frames();
  void leave(std::string_view topic, std::uint64_t id);
  /// Keeps it in the ring; answers who is to be told.
  const Members& publish(std::string_view topic, const std::shared_ptr<Publication>& publication);
  std::size_t size() const { return topics_.size(); }
  /// Who would be told now.
  std::size_t count(std::string_view topic) const {
    const auto found = topics_.find(topic);
    return found == topics_.end() ? 0 : found->second.members.size();
  }

 private:
  struct Topic {
    Members members;
    std::deque<std::shared_ptr<Publication>> ring;  // shared with the caller of publish
    std::size_t ring_bytes = 0;
    std::uint64_t used = 0;  // when it was last published to
  };
  Topic& get(std::string_view topic);

  const Limits& limits_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::set<std::shared_ptr<Publication>> missed_;  // by those that joined since
  std::uint64_t turns_ = 0;
};

}  // namespace theater::hosts::http_server
