// Reading the first word of a statement.
#include "hosts/database/sql_word.h"

#include <algorithm>
#include <cctype>

namespace theater::hosts::database {

namespace {

void skip_line(std::string_view& sql) {
  const auto end = sql.find_first_of("\r\n");
  sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 1);
}

void skip_block(std::string_view& sql) {
  sql.remove_prefix(2);
  for (int depth = 1; depth > 0 && !sql.empty();) {
    if (sql.starts_with("/*")) {
      ++depth;
      sql.remove_prefix(2);
    } else if (sql.starts_with("*/")) {
      --depth;
      sql.remove_prefix(2);
    } else {
      sql.remove_prefix(1);
    }
  }
}

char upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }

}  // namespace

std::string first_word(std::string_view sql) {
  while (!sql.empty()) {
    if (sql.starts_with("--")) {
      skip_line(sql);
    } else if (sql.starts_with("/*")) {
      skip_block(sql);
    } else if (std::isspace(static_cast<unsigned char>(sql.front())) != 0 || sql.front() == ';') {
      sql.remove_prefix(1);
    } else {
      break;
    }
  }
  std::string word;
  for (const char c : sql) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
    word += upper(c);
  }
  return word;
}

bool is_session_command(std::string_view sql) {
  constexpr std::string_view kWords[] = {"BEGIN",    "START", "COMMIT",  "END",
                                         "ROLLBACK", "ABORT", "PREPARE", "SAVEPOINT",
                                         "RELEASE",  "COPY",  "LISTEN",  "UNLISTEN"};
  return std::ranges::find(kWords, first_word(sql)) != std::end(kWords);
}

bool may_return_rows(std::string_view sql) {
  // "": a parenthesis.
  constexpr std::string_view kWords[] = {"",      "SELECT",  "WITH", "VALUES", "TABLE",
                                         "FETCH", "EXECUTE", "SHOW", "EXPLAIN"};
  if (std::ranges::find(kWords, first_word(sql)) != std::end(kWords)) return true;
  constexpr std::string_view kClause = "RETURNING";
  return !std::ranges::search(sql, kClause, {}, &upper).empty();
}

}  // namespace theater::hosts::database
