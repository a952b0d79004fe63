// Shows what is typed, key by key, on a screen of its own; q ends it.
#include "theater/runtime.h"
#include "theater/terminal.h"

using theater::concat;

constexpr std::size_t kShownMax = 16;  // bytes of one piece of input

struct State {
  std::uint64_t keys = 0;
  std::string last;  // as shown
};

class Keys : public theater::Actor<State>, public theater::TerminalHandler {
  /// First of all, and after a restart of the node too.
  void on_size(theater::terminal::Size size) override {
    theater::terminal::set(theater::terminal::Mode::kRaw);
    draw(size);
  }

  void on_keys(std::string_view keys) override {
    state().keys += keys.size();
    state().last = readable(keys.substr(0, kShownMax));
    if (keys == "q") return theater::stop();
    draw(theater::terminal::size());
  }

  void on_gone() override { theater::stop(); }

  /// Printable ASCII as it is, everything else as numbers.
  static std::string readable(std::string_view keys) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char key : keys) {
      const auto byte = static_cast<std::uint8_t>(key);
      if (byte > 0x20 && byte < 0x7f) {
        text += key;
      } else {
        text += concat("<", kDigits[byte >> 4], kDigits[byte & 15], ">");
      }
    }
    return text;
  }

  void draw(theater::terminal::Size size) {
    const std::string line = concat("key ", state().keys, ": ", state().last);
    const auto column = size.columns > line.size() ? (size.columns - line.size()) / 2 + 1 : 1;
    theater::terminal::write(concat("\x1b[?25l\x1b[2J\x1b[1;1Hq ends, the screen has ",
                                    size.columns, " x ", size.rows, "\x1b[", size.rows / 2 + 1, ";",
                                    column, "H\x1b[1m", line, "\x1b[0m"));
  }
};

THEATER_ACTOR(Keys)
