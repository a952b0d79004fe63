// Server-Sent Events: text, frames, rings.
#include "hosts/http_server/server_events.h"

#include <algorithm>

#include "hosts/http/response.h"

namespace theater::hosts::http_server {

namespace {

bool is_one_line(std::string_view text) {
  return text.size() <= kEventLineMax && text.find_first_of("\r\n") == std::string_view::npos &&
         text.find('\0') == std::string_view::npos;
}

/// Each line of its text, as name and value. Data has one for each of its own, which CR LF, CR and
/// LF end.
template <typename Take>
void for_each_field(const ServerEvent& event, const Take& take) {
  if (!event.id.empty()) take("id: ", event.id);
  if (!event.name.empty()) take("event: ", event.name);
  std::string_view data = event.data;
  while (true) {
    const auto end = data.find_first_of("\r\n");
    take("data: ", data.substr(0, end));
    if (end == std::string_view::npos) return;
    data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

}  // namespace

std::optional<std::string> check_event(const ServerEvent& event) {
  if (is_one_line(event.id) && is_one_line(event.name)) return std::nullopt;
  return fmt::format("an event's id and name are one line of at most {} bytes", kEventLineMax);
}

std::string event_text(const ServerEvent& event) {
  std::string text;
  text.reserve(event_size(event));
  for_each_field(event, [&](std::string_view name, std::string_view value) {
    text.append(name).append(value).append("\n");
  });
  return text += '\n';
}

std::size_t event_size(const ServerEvent& event) {
  std::size_t size = 1;
  for_each_field(event, [&](std::string_view name, std::string_view value) {
    size += name.size() + value.size() + 1;
  });
  return size;
}

const SharedFrame& Publication::chunked() {
  if (!chunked_) {
    Bytes bytes;
    http::append_chunk(bytes, as_bytes(text_));
    chunked_ = websocket::share_frame(std::move(bytes), outgoing_);
  }
  return chunked_;
}

const SharedFrame& Publication::raw() {
  if (!raw_) raw_ = websocket::share_frame(to_bytes(as_bytes(text_)), outgoing_);
  return raw_;
}

bool Topics::has_room_for(std::string_view topic) const {
  if (topics_.contains(topic) || topics_.size() < limits_.topics_max) return true;
  return std::ranges::any_of(topics_, [](const auto& it) { return it.second.members.empty(); });
}

/// Makes room by forgetting the topic without streams that has been silent longest.
Topics::Topic& Topics::get(std::string_view topic) {
  if (const auto found = topics_.find(topic); found != topics_.end()) return found->second;
  if (topics_.size() >= limits_.topics_max) {
    auto oldest = topics_.end();
    for (auto it = topics_.begin(); it != topics_.end(); ++it) {
      const bool is_older = oldest == topics_.end() || it->second.used < oldest->second.used;
      if (it->second.members.empty() && is_older) oldest = it;
    }
    if (oldest != topics_.end()) topics_.erase(oldest);
  }
  return topics_[std::string(topic)];
}

std::vector<std::shared_ptr<Publication>> Topics::join(std::string_view topic, std::uint64_t id,
                                                       Connection& connection,
                                                       const std::string* last_id) {
  Topic& it = get(topic);
  it.members.emplace(id, &connection);
  std::vector<std::shared_ptr<Publication>> missed;
  if (last_id == nullptr) return missed;
  const auto known = std::ranges::find_if(
      it.ring, [&](const auto& publication) { return publication->id() == *last_id; });
  if (known == it.ring.end()) {
    missed.push_back(nullptr);
  } else {
    missed.assign(known + 1, it.ring.end());
    missed_.insert(missed.begin(), missed.end());
  }
  return missed;
}

void Topics::let_go_of_frames() {
  for (const auto& publication : missed_) publication->let_go_of_frames();
  missed_.clear();
}

void Topics::leave(std::string_view topic, std::uint64_t id) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  found->second.members.erase(id);
  if (found->second.members.empty() && found->second.ring.empty()) topics_.erase(found);
}

const Topics::Members& Topics::publish(std::string_view topic,
                                       const std::shared_ptr<Publication>& publication) {
  Topic& it = get(topic);
  it.used = ++turns_;
  it.ring.push_back(publication);
  it.ring_bytes += publication->bytes();
  while (!it.ring.empty() &&
         (it.ring.size() > limits_.ring_items || it.ring_bytes > limits_.ring_bytes)) {
    it.ring_bytes -= it.ring.front()->bytes();
    it.ring.pop_front();
  }
  return it.members;
}

}  // namespace theater::hosts::http_server
