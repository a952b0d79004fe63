// SQL for the newsroom; see archive.h.
#include "archive.h"

namespace archive {

namespace {

constexpr std::string_view kName = "index";
constexpr std::uint64_t kChangesKept = 10'000;

// A note's words stand in `words`, by the id of its row in `notes`. What links to what stands in
// `mentions`; what is known of a link itself in `links`: status is wanted, titled or failed.
constexpr std::string_view kTables[] = {
    "DROP TABLE IF EXISTS notes",
    "DROP TABLE IF EXISTS words",
    "DROP TABLE IF EXISTS changes",
    "DROP TABLE IF EXISTS mentions",
    "DROP TABLE IF EXISTS links",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, "
    "title TEXT NOT NULL, digest INTEGER NOT NULL, seq INTEGER NOT NULL)",
    "CREATE INDEX newest ON notes (seq)",
    "CREATE VIRTUAL TABLE words USING fts5(title, body)",
    "CREATE TABLE changes (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, path TEXT NOT NULL, "
    "title TEXT NOT NULL, digest INTEGER NOT NULL)",
    "CREATE TABLE mentions (path TEXT NOT NULL, place INTEGER NOT NULL, url TEXT NOT NULL, "
    "PRIMARY KEY (path, place)) WITHOUT ROWID",
    "CREATE INDEX mentioned ON mentions (url)",
    "CREATE TABLE links (url TEXT PRIMARY KEY, status TEXT NOT NULL, title TEXT NOT NULL)",
};

void forget(theater::Transaction& all, const Look& look) {
  all.add("DELETE FROM words WHERE rowid = (SELECT id FROM notes WHERE path = $1)", look.path);
  all.add("DELETE FROM mentions WHERE path = $1", look.path);
}

void put(theater::Transaction& all, const Look& look) {
  const auto digest = static_cast<std::int64_t>(look.digest);
  all.add("INSERT INTO changes VALUES ($1, $2, $3, $4, $5)", look.seq,
          look.is_there ? "indexed" : "removed", look.path, look.title, digest);
  forget(all, look);
  if (!look.is_there) {
    all.add("DELETE FROM notes WHERE path = $1", look.path);
    return;
  }
  all.add(
      "INSERT INTO notes (path, title, digest, seq) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (path) DO UPDATE SET title = $2, digest = $3, seq = $4",
      look.path, look.title, digest, look.seq);
  all.add("INSERT INTO words (rowid, title, body) SELECT id, $2, $3 FROM notes WHERE path = $1",
          look.path, look.title, look.body);
  if (look.links == "[]") return;
  all.add("INSERT INTO mentions SELECT $1, key, value FROM json_each($2)", look.path, look.links);
  all.add("INSERT OR IGNORE INTO links SELECT value, 'wanted', '' FROM json_each($1)", look.links);
}

}  // namespace

theater::Started make() {
  theater::Transaction all(kName);
  for (const std::string_view statement : kTables) all.add(statement);
  return all.start();
}

theater::Started keep(const std::deque<Look>& looks) {
  theater::Transaction all(kName);
  for (const Look& look : looks) put(all, look);
  const std::uint64_t last = looks.back().seq;
  if (last > kChangesKept) {
    all.add("DELETE FROM changes WHERE seq <= $1", last - kChangesKept);
  }
  all.add("DELETE FROM links WHERE url NOT IN (SELECT url FROM mentions)");
  return all.start();
}

theater::Started last_change() {
  return theater::Database(kName).query("SELECT coalesce(max(seq), 0) FROM changes");
}

theater::Started search(std::string_view match) {
  const theater::Database index(kName);
  if (match.empty()) {
    return index.query(
        "SELECT path, title, substr(body, 1, 160), seq FROM (SELECT id, path, seq FROM notes "
        "ORDER BY seq DESC LIMIT 30) AS newest JOIN words ON words.rowid = newest.id "
        "ORDER BY seq DESC");
  }
  return index.query(
      "SELECT path, words.title, snippet(words, 1, char(2), char(3), '\u2026', 24), seq "
      "FROM words JOIN notes ON notes.id = words.rowid WHERE words MATCH $1 "
      "ORDER BY rank, path LIMIT 30",
      match);
}

theater::Started note(std::string_view path) {
  return theater::Database(kName).query(
      "SELECT path, words.title, body, seq, (SELECT json_group_array(json_object('url', url, "
      "'status', status, 'title', title)) FROM (SELECT url, status, links.title AS title "
      "FROM mentions JOIN links USING (url) WHERE mentions.path = notes.path ORDER BY place)) "
      "FROM notes JOIN words ON words.rowid = notes.id WHERE path = $1",
      path);
}

theater::Started changes(std::uint64_t after, std::uint64_t last) {
  return theater::Database(kName).query(
      "SELECT seq, kind, path, title FROM changes WHERE seq > $1 AND seq <= $2 "
      "ORDER BY seq LIMIT 500",
      after, last);
}

theater::Started wanted_links(std::size_t most) {
  return theater::Database(kName).query(
      "SELECT url FROM links WHERE status = 'wanted' ORDER BY rowid LIMIT $1", most);
}

theater::Started note_title(std::string_view url, std::string_view title) {
  return theater::Database(kName).execute("UPDATE links SET status = $2, title = $3 WHERE url = $1",
                                          url, title.empty() ? "failed" : "titled", title);
}

}  // namespace archive
