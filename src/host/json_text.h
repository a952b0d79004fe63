// JSON strings, written by hand where a line of JSON is all that is wanted.
#pragma once

#include <string>
#include <string_view>

namespace theater::host {

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

}  // namespace theater::host
