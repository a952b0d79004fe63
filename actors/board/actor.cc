// A board of notes over plain HTTP: read them at once, wait for the next (long polling), or listen
// (Server-Sent Events).
#include <charconv>
#include <deque>
#include <string>
#include <vector>

#include "theater/http_server.h"
#include "theater/json.h"

constexpr std::size_t kNotesMax = 100;
constexpr std::size_t kNoteBytesMax = 4096;
constexpr std::chrono::seconds kHold{50};
constexpr std::string_view kTopic = "notes";

struct Note {
  std::uint64_t seq = 0;
  std::string text;
};

struct State {
  std::uint64_t last_seq = 0;
  std::deque<Note> notes;
  std::vector<std::uint64_t> waiting;  // parked requests
};

class Board : public theater::Actor<State>, public theater::HttpServerHandler {
  theater::Reply on_request(const theater::Request& request) override {
    const std::string_view path = request.path();
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (path == "/api/hello" && reads) return theater::text_response("hello\n");
    if (path == "/api/notes" && reads) return read(request);
    if (path == "/api/notes" && request.method == "POST") return pin(request.text());
    if (path == "/api/events" && reads) return theater::Reply::events(kTopic);
    if (path == "/api/hello" || path == "/api/notes" || path == "/api/events") {
      theater::Response refusal = theater::text_response("not this method\n", 405);
      refusal.headers.emplace_back("allow", path == "/api/notes" ? "GET, HEAD, POST" : "GET, HEAD");
      return refusal;
    }
    return theater::text_response("nothing here\n", 404);
  }

  void on_ended(theater::Exchange exchange, const theater::wit::Option<theater::Error>&) override {
    std::erase(state().waiting, exchange.id());
  }

  /// What came after `after`; if there is nothing yet, the request waits for it.
  theater::Reply read(const theater::Request& request) {
    std::uint64_t after = 0;
    const auto given = request.query("after");
    if (given) {
      const char* end = given->data() + given->size();
      if (std::from_chars(given->data(), end, after).ptr != end || given->empty()) {
        return theater::text_response("after is not a number\n", 400);
      }
    }
    if (!given || after < state().last_seq) return fresh(notes_after(after));
    state().waiting.push_back(request.exchange.id());
    return theater::Reply::later(kHold);
  }

  theater::Reply pin(std::string_view text) {
    if (text.empty() || text.size() > kNoteBytesMax) {
      return theater::text_response("a note has 1 to 4096 bytes\n", 400);
    }
    auto& notes = state().notes;
    notes.push_back({++state().last_seq, std::string(text)});
    if (notes.size() > kNotesMax) notes.pop_front();
    const std::string note = to_json(notes.back());
    publish(kTopic, {theater::concat(state().last_seq), "", note});
    if (!state().waiting.empty() &&
        theater::respond_all(state().waiting, fresh(theater::concat("[", note, "]\n"))).ok()) {
      state().waiting.clear();
    }
    return theater::json_response(note + "\n", 201);
  }

  /// JSON that no cache keeps.
  static theater::Response fresh(std::string_view json) {
    theater::Response response = theater::json_response(json);
    response.headers.emplace_back("cache-control", "no-store");
    return response;
  }

  std::string notes_after(std::uint64_t after) {
    std::string list = "[";
    for (const Note& note : state().notes) {
      if (note.seq <= after) continue;
      if (list.size() > 1) list += ",";
      list += to_json(note);
    }
    return list + "]\n";
  }

  static std::string to_json(const Note& note) {
    return theater::json_object("seq", note.seq, "text", note.text);
  }
};

THEATER_ACTOR(Board)
