// Traffic: what one actor's requests came to, counted for whoever watches the node.
#pragma once

#include <array>
#include <cstdint>

namespace theater::hosts::http_server {

struct Traffic {
  std::uint64_t requests = 0;                // let in
  std::uint64_t request_bytes = 0;           // of their bodies
  std::array<std::uint64_t, 6> responses{};  // by the first digit of the status
  std::uint64_t events = 0;                  // written to streams; a published one counts for each
  std::uint64_t unanswered = 0;              // 500: the guest failed or forgot them
  std::uint64_t late = 0;                    // 504: the guest took too long
  std::uint64_t refused = 0;                 // 503, 429: a bound was reached
  std::uint64_t slow_closes = 0;
  std::uint64_t clients_gone = 0;  // before their answer
};

}  // namespace theater::hosts::http_server
