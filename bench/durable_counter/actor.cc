// Counts messages and answers each with the count, 16 digits long.
#include <array>

#include "theater/websocket_server.h"

struct State {
  std::uint64_t count = 0;
};

class DurableCounter : public theater::Actor<State>, public theater::WebSocketServerHandler {
  void on_text(theater::Connection from, std::string_view) override { answer(from); }
  void on_binary(theater::Connection from, theater::BytesView) override { answer(from); }

  void answer(theater::Connection to) {
    std::array<std::uint8_t, 16> digits;
    std::uint64_t rest = ++state().count;
    for (std::size_t i = digits.size(); i > 0; --i, rest /= 10) {
      digits[i - 1] = static_cast<std::uint8_t>('0' + rest % 10);
    }
    to.send_binary(digits);
  }
};

THEATER_ACTOR(DurableCounter)
