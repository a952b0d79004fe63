// Keeps every text it is sent in a database, and finds them again.
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "theater/database.h"
#include "theater/json.h"
#include "theater/websocket_server.h"

constexpr std::size_t kEarlyMax = 100;

/// What a client waits for.
struct Asked {
  std::uint64_t connection = 0;
  std::uint64_t number = 0;  // of the note; 0: it asked for notes
};

/// A text that came before the table was there.
struct Early {
  std::uint64_t connection = 0;
  std::string text;
};

struct State {
  bool is_making = false, is_ready = false;  // the table
  std::uint64_t last_number = 0;
  std::map<std::uint64_t, Asked> asked;  // by operation
  std::deque<Early> early;
};

class Notes : public theater::Actor<State>,
              public theater::WebSocketServerHandler,
              public theater::DatabaseHandler {
  void on_init(theater::BytesView) override { make_table(); }

  void make_table() {
    const auto made = theater::Database("notes").execute(
        "CREATE TABLE IF NOT EXISTS notes (number BIGINT NOT NULL, body TEXT NOT NULL)");
    if (!made.ok()) return fail(made.error().message);
    state().is_making = true;
  }

  /// "?word" asks for the newest notes with that word; anything else is a note.
  void on_text(theater::Connection from, std::string_view text) override {
    if (state().is_ready) return begin(from, text);
    if (state().early.size() >= kEarlyMax) return refuse(from, "the table is not made yet");
    state().early.push_back({from.id(), std::string(text)});
    if (!state().is_making) make_table();
  }

  void begin(theater::Connection from, std::string_view text) {
    const theater::Database notes("notes");
    if (text.starts_with('?')) {
      const std::string pattern = theater::concat("%", text.substr(1), "%");
      return remember(from, 0,
                      notes.query("SELECT number, body FROM notes WHERE body LIKE $1 "
                                  "ORDER BY number DESC LIMIT 20",
                                  pattern));
    }
    const std::uint64_t number = ++state().last_number;
    remember(from, number,
             notes.execute("INSERT INTO notes (number, body) VALUES ($1, $2)", number, text));
  }

  void on_binary(theater::Connection from, theater::BytesView) override {
    refuse(from, "notes are text");
  }

  static void refuse(theater::Connection from, std::string_view why) {
    from.send_text(theater::json_object("error", why));
  }

  void remember(theater::Connection from, std::uint64_t number, const theater::Started& started) {
    if (!started.ok()) return refuse(from, started.error().message);
    state().asked[started.value()] = {from.id(), number};
  }

  void on_done(std::uint64_t operation, const theater::Results& results) override {
    const auto found = state().asked.find(operation);
    if (found == state().asked.end()) return on_ready();
    const Asked asked = found->second;
    state().asked.erase(found);
    const theater::Connection client(asked.connection);
    if (asked.number != 0) {
      client.send_text(theater::json_object("kept", asked.number));
      return;
    }
    for (const theater::Row& row : results[0]) {
      client.send_text(theater::json_object("number", row["number"].integer().value_or(0), "body",
                                            row["body"].text().value_or("")));
    }
    client.send_text(theater::json_object("found", results[0].size()));
  }

  void on_ready() {
    state().is_ready = true;
    for (const Early& early : std::exchange(state().early, {})) {
      begin(theater::Connection(early.connection), early.text);
    }
  }

  void on_failed(std::uint64_t operation, const theater::Error& error) override {
    const auto found = state().asked.find(operation);
    if (found != state().asked.end()) {
      refuse(theater::Connection(found->second.connection), error.message);
      state().asked.erase(found);
      return;
    }
    for (const Early& early : std::exchange(state().early, {})) {
      refuse(theater::Connection(early.connection), error.message);
    }
    state().is_making = false;  // the next text tries again
  }
};

THEATER_ACTOR(Notes)
