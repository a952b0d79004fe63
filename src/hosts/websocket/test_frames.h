// What a client sends, for tests: masked frames.
#pragma once

#include <string>
#include <string_view>

#include "hosts/websocket/frame.h"

namespace theater::hosts::websocket {

/// A masked frame; `flags` are the upper bits of its first byte.
inline std::string client_frame(Opcode opcode, std::string_view payload,
                                std::uint8_t flags = kFinal) {
  Bytes header;
  append_header(header, opcode, payload.size());
  header[0] = static_cast<std::uint8_t>(flags | static_cast<std::uint8_t>(opcode));
  header[1] |= kMasked;
  std::string frame(as_text(header));
  constexpr std::string_view kKey = "\x37\xfa\x21\x3d";
  frame += kKey;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ kKey[i % 4]);
  }
  return frame;
}

}  // namespace theater::hosts::websocket
