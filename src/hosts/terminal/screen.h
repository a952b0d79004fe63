// What puts a screen back: attributes, the cursor, the screen that was there before, no reports of
// the mouse or the focus, no region of lines that scroll.
#pragma once

#include <string_view>

namespace theater::hosts::terminal {

inline constexpr std::string_view kScreenReset =
    "\x1b[?47l\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?2004l"
    "\x1b"
    "7\x1b[r\x1b"
    "8";  // the cursor stays where it is

}  // namespace theater::hosts::terminal
