// Text of others, as it may be written to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace theater::host {

/// Appends `text` so that it stays on its line and gives no orders to a terminal: a newline becomes
/// "\n", other control characters (C0 but the tab, DEL, C1) and bytes that are not UTF-8 "\xNN".
void append_shown(std::string& out, std::string_view text);

}  // namespace theater::host
