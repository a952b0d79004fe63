// Traffic: what one actor's connections have carried, counted for whoever watches the node.
#pragma once

#include <cstdint>

namespace theater::hosts::websocket {

/// Messages and the bytes of their payloads; a published message counts once for each receiver.
struct Traffic {
  std::uint64_t messages_in = 0, bytes_in = 0;
  std::uint64_t messages_out = 0, bytes_out = 0;
  std::uint64_t messages_dropped = 0;  // published, and left out for a slow reader
  std::uint64_t opened = 0;
  std::uint64_t slow_closes = 0;

  void received(std::uint64_t bytes) {
    ++messages_in;
    bytes_in += bytes;
  }
  void sent(std::uint64_t bytes) {
    ++messages_out;
    bytes_out += bytes;
  }
};

}  // namespace theater::hosts::websocket
