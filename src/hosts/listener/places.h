// places_of: where the actor of a serving grant is reached, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/family.h"

namespace theater::hosts::listener {

/// `what` at the grant's path, behind its static pages if it has any. `scheme` is without the s of
/// TLS: "http", "ws".
template <typename Grant>
std::vector<host::Place> places_of(const Grant& grant, std::string_view what,
                                   std::string_view scheme) {
  const std::string_view mark = grant.tls ? "s://" : "://";
  std::vector<host::Place> places;
  if (grant.static_folder) {
    places.push_back({"page", fmt::format("http{}{}/", mark, grant.listen)});
  }
  places.push_back(
      {std::string(what), fmt::format("{}{}{}{}", scheme, mark, grant.listen, grant.path)});
  return places;
}

}  // namespace theater::hosts::listener
