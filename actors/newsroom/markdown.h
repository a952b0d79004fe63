// Text as the newsroom reads it: titles and links of Markdown notes, what people search for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "theater/codec.h"

/// Valid UTF-8 without control characters but line ends and tabs. What is none becomes U+FFFD.
std::string clean_text(std::string_view bytes);

/// The first heading, else the file's name without folders and ending.
std::string title_of(std::string_view text, std::string_view path);

/// The http and https links of a text, each once, in the order of the text; the first 32.
std::vector<std::string> links_of(std::string_view text);

/// A list of texts as JSON.
std::string json_list(const std::vector<std::string>& texts);

/// What stands for the content: FNV-1a.
std::uint64_t digest_of(std::string_view text);

/// Whether the newsroom reads such a file: its name ends in ".md", and no name of its path begins
/// with a dot.
bool is_note(std::string_view path);

/// The title of an HTML page; empty if it has none.
std::string title_of_page(std::string_view page);

/// A value of a URL's query as text: %41 is A, + is a space.
std::string decode_query(std::string_view value);

/// What full-text search takes for "all these words, the last one may go on"; empty: no words.
std::string match_of(std::string_view words);
