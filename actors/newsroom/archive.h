// The database: its tables, and all that the newsroom asks of it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "theater/database.h"

namespace archive {

/// A note as it was read; or that there is none any more.
struct Look {
  std::uint64_t seq = 0;  // of the change
  std::string path;
  bool is_there = false;
  std::uint64_t digest = 0;  // of the body
  std::string title, body;
  std::string links;  // a JSON list
};

/// Forgets what is there and makes the tables.
theater::Started make();

/// Puts all of them in, or none. A change's number that was used before is a `conflict`.
theater::Started keep(const std::deque<Look>& looks);

/// One row: the number of the last change.
theater::Started last_change();

/// Rows: path, title, excerpt (matches between U+0002 and U+0003), seq. Without a match the newest.
theater::Started search(std::string_view match);

/// One row, if there is such a note: path, title, body, seq, links as a JSON list.
theater::Started note(std::string_view path);

/// Rows: seq, kind, path, title of the changes with after < seq <= last.
theater::Started changes(std::uint64_t after, std::uint64_t last);

/// Rows: URLs of links whose title was not asked for yet.
theater::Started wanted_links(std::size_t most);
/// Empty: it has no title.
theater::Started note_title(std::string_view url, std::string_view title);

}  // namespace archive
