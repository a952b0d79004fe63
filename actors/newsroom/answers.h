// What the newsroom answers, as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "theater/database.h"
#include "theater/http_reply.h"

/// A note that was put into the database, or taken out.
struct Change {
  std::uint64_t seq = 0;
  std::string path, title;
  std::uint64_t digest = 0;
  bool is_there = false;
};

std::string to_json(const Change& change);
/// A list of them; the rows are archive::changes().
std::string changes_json(const std::vector<Change>& changes);
std::string changes_json(const theater::Rows& rows);
/// The answer to a poll: go on asking after `seq`.
std::string changes_answer(std::uint64_t seq, std::string_view list);

/// What was found; the rows are archive::search().
std::string found_json(std::string_view words, std::uint64_t seq, const theater::Rows& rows);
/// The rows are archive::note(), and not empty.
std::string note_json(const theater::Rows& rows);

/// JSON that no cache keeps.
theater::Response fresh(std::string_view json);
/// The database has too much to do.
theater::Response busy();

std::optional<std::uint64_t> number_of(std::string_view digits);
