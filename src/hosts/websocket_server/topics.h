// Topics: who receives what is published.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace theater::hosts::websocket_server {

class Connection;

inline constexpr std::string_view kEverybody = "*";  // a topic

/// Names of topics and their subscribers, ordered by id. Pure bookkeeping; kEverybody is not
/// here.
class Topics {
 public:
  using Members = std::map<std::uint64_t, Connection*>;

  /// Adds a subscriber; false if it is one already.
  bool add(std::string_view topic, std::uint64_t id, Connection& connection) {
    auto found = topics_.find(topic);
    if (found == topics_.end()) found = topics_.emplace(std::string(topic), Members()).first;
    return found->second.emplace(id, &connection).second;
  }
  void remove(std::string_view topic, std::uint64_t id) {
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return;
    found->second.erase(id);
    if (found->second.empty()) topics_.erase(found);
  }
  /// Null: nobody.
  const Members* members(std::string_view topic) const {
    const auto found = topics_.find(topic);
    return found == topics_.end() ? nullptr : &found->second;
  }
  bool contains(std::string_view topic) const { return topics_.contains(topic); }
  std::size_t size() const { return topics_.size(); }
  void clear() { topics_.clear(); }

 private:
  std::map<std::string, Members, std::less<>> topics_;
};

}  // namespace theater::hosts::websocket_server
