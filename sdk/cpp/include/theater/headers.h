// Header fields of HTTP and of WebSocket openings: those an actor writes, and those it reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "theater/actor.h"
#include "theater/text.h"

namespace theater {

/// Fields that the actor sends, in this order: {{"accept", "text/html"}}.
using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// The first value of a field that was received; its name in lower case.
inline std::optional<std::string_view> find_header(actor::types::Headers headers,
                                                   std::string_view name) {
  for (const auto& [field, value] : headers) {
    if (field == name) return as_text(value);
  }
  return std::nullopt;
}

namespace detail {

/// Fields as the host takes them; points into the list.
class HeaderView {
 public:
  explicit HeaderView(const HeaderList& headers) {
    for (const auto& [name, value] : headers) fields_.push_back({name, as_bytes(value)});
  }
  actor::types::Headers get() const { return fields_; }

 private:
  std::vector<wit::Tuple<wit::String, wit::Bytes>> fields_;
};

}  // namespace detail
}  // namespace theater
