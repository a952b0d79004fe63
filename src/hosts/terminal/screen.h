// What puts a screen back: attributes, the cursor, the screen that was there before, no reports of
// the mouse.
#pragma once

#include <string_view>

namespace theater::hosts::terminal {

inline constexpr std::string_view kScreenReset =
    "\x1b[?47l\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?2004l";

}  // namespace theater::hosts::terminal
