// JSON for the newsroom; see answers.h.
#include "answers.h"

#include <charconv>

#include "theater/json.h"

namespace {

/// A value that is JSON already.
struct Json {
  std::string_view text;
};
void append_json(std::string& out, const Json& json) { out += json.text; }

std::string change_json(std::uint64_t seq, std::string_view kind, std::string_view path,
                        std::string_view title) {
  return theater::json_object("seq", seq, "kind", kind, "path", path, "title", title);
}

std::string_view text_in(theater::Cell cell) { return cell.text().value_or(""); }
std::uint64_t number_in(theater::Cell cell) { return cell.get<std::uint64_t>().value_or(0); }

void append_item(std::string& list, std::string_view item) {
  if (list.size() > 1) list += ',';
  list += item;
}

}  // namespace

std::string to_json(const Change& change) {
  return change_json(change.seq, change.is_there ? "indexed" : "removed", change.path,
                     change.title);
}

std::string changes_json(const std::vector<Change>& changes) {
  std::string list = "[";
  for (const Change& change : changes) append_item(list, to_json(change));
  return list + "]";
}

std::string changes_json(const theater::Rows& rows) {
  std::string list = "[";
  for (const theater::Row& row : rows) {
    append_item(list,
                change_json(number_in(row[0]), text_in(row[1]), text_in(row[2]), text_in(row[3])));
  }
  return list + "]";
}

std::string changes_answer(std::uint64_t seq, std::string_view list) {
  return theater::json_object("seq", seq, "changes", Json{list}) + "\n";
}

std::string found_json(std::string_view words, std::uint64_t seq, const theater::Rows& rows) {
  std::string list = "[";
  for (const theater::Row& row : rows) {
    append_item(list, theater::json_object("path", text_in(row[0]), "title", text_in(row[1]),
                                           "excerpt", text_in(row[2]), "seq", number_in(row[3])));
  }
  list += "]";
  return theater::json_object("words", words, "seq", seq, "found", Json{list});
}

std::string note_json(const theater::Rows& rows) {
  const theater::Row row = rows[0];
  return theater::json_object("path", text_in(row[0]), "title", text_in(row[1]), "body",
                              text_in(row[2]), "seq", number_in(row[3]), "links",
                              Json{row[4].text().value_or("[]")});
}

theater::Response fresh(std::string_view json) {
  theater::Response response = theater::json_response(json);
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

theater::Response busy() {
  theater::Response response = theater::text_response("too much to do, try again\n", 503);
  response.headers.emplace_back("retry-after", "1");
  return response;
}

std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}
