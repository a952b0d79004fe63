// A newsroom: it keeps a searchable index of a folder of Markdown notes, and tells whoever listens
// what changes there: by long polling, Server-Sent Events and WebSockets.
//
// The watch says where to look; what is there is read, and what differs from the last time goes to
// the database, a few notes in one transaction, one transaction at a time. When it is done, its
// changes are told. Files are read in ticks of a timer only: the disk holds nothing else up.
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "answers.h"
#include "archive.h"
#include "markdown.h"
#include "theater/file_watch.h"
#include "theater/filesystem.h"
#include "theater/http_client.h"
#include "theater/http_server.h"
#include "theater/json.h"
#include "theater/operation.h"
#include "theater/runtime.h"
#include "theater/timer.h"
#include "theater/websocket_server.h"

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kNotesMax = 4096;
constexpr std::size_t kLooksMax = 16;                // files read in one invocation
constexpr std::size_t kBatchBytesMax = 1024 * 1024;  // of texts in one transaction
constexpr std::uint32_t kNoteBytesMax = 256 * 1024;  // what a note has more is not read
constexpr std::uint32_t kNamesAtOnce = 512;
constexpr std::size_t kLinksAtOnce = 4;  // whose titles are asked for at a time
constexpr std::size_t kLinksWanted = 8;  // more than those, so that it shows that there are more
constexpr milliseconds kGoOn{1};
constexpr seconds kTryAgain{1}, kPollHold{50}, kAnswerHold{30};
constexpr std::string_view kTopic = "changes";
constexpr std::string_view kRoot = "notes";

/// What the transaction under way is for.
enum class Work : std::uint8_t { kNone, kMake, kKeep, kCompare };

/// Who waits for rows: a request, or a client of the WebSocket.
enum class Question : std::uint8_t { kSearch, kNote, kChanges, kTyped };
struct Asked {
  Question question{};
  std::uint64_t who = 0;
  std::string text;
};

struct State {
  std::map<std::string, std::uint64_t> known;  // digests of the notes in the database, by path
  std::set<std::string> pending;               // paths to look at
  std::set<std::string> folders;               // to list
  std::uint64_t seq = 0;                       // of the last change that was told
  Work work = Work::kMake;
  std::uint64_t operation = 0;  // of that work; 0: it has not begun
  std::vector<Change> batch;    // what it keeps, in order; their numbers follow seq
  std::vector<std::uint64_t> polls;
  std::map<std::uint64_t, Asked> asked;  // by operation
  bool is_watching = false;
  bool has_links = false;                       // there may be some that nobody asked for yet
  std::uint64_t wanted = 0;                     // the query for those
  std::set<std::string> settled;                // URLs of which it may not know yet that they are
  std::map<std::uint64_t, std::string> titles;  // by request, then by its outcome's statement: URLs
};

class Newsroom : public theater::Actor<State>,
                 public theater::FileWatchHandler,
                 public theater::DatabaseHandler,
                 public theater::HttpClientHandler,
                 public theater::HttpServerHandler,
                 public theater::WebSocketServerHandler,
                 public theater::TimerHandler {
  void on_init(theater::BytesView) override {
    watch();
    work();
  }

  // The folder.
  void watch() {
    const auto started = theater::file_watch::watch(kRoot);
    state().is_watching = started.ok();
    if (started.ok()) return;
    theater::log::warn("not watching: ", started.error().message);
    later();
  }

  void on_look(std::uint64_t) override {
    state().folders.insert("");
    for (const auto& [path, digest] : state().known) state().pending.insert(path);
    // What is being put in will be known: its file may have gone since it was read.
    for (const Change& change : state().batch) state().pending.insert(change.path);
    soon();
  }

  void on_change(std::uint64_t, const theater::FileChange& change) override {
    note_path(change.path.substr(kRoot.size() + 1));
    if (change.old_path) note_path(change.old_path->substr(kRoot.size() + 1));
    soon();
  }

  void on_watch_end(std::uint64_t, const theater::Error& why) override {
    theater::log::warn("the watch ended: ", why.message);
    state().is_watching = false;
    later();
  }

  /// A tick does the work; another one comes in case that one fails.
  static void soon() {
    theater::timer::after("go on", kGoOn);
    later();
  }
  static void later() { theater::timer::after("again", kTryAgain); }

  void on_tick(const theater::Tick&) override {
    if (!state().is_watching) watch();
    work();
    want_titles();
  }

  void note_path(std::string_view path) {
    if (!is_note(path)) return;
    if (state().known.size() + state().pending.size() >= kNotesMax) {
      return theater::log::warn("too many notes: ", path, " is left out");
    }
    state().pending.insert(std::string(path));
  }

  /// Begins what is next, if nothing is under way: the tables, the folders, the notes.
  void work() {
    if (state().operation != 0) return;
    switch (state().work) {
      case Work::kMake:
        return start(Work::kMake, archive::make());
      case Work::kCompare:
        return start(Work::kCompare, archive::last_change());
      case Work::kNone:
      case Work::kKeep:
        break;
    }
    list_folders();
    const std::deque<archive::Look> looks = look();
    if (!looks.empty()) return keep(looks);
    if (!state().pending.empty()) soon();
  }

  void start(Work next, const theater::Started& started) {
    state().work = next;
    if (started.ok()) {
      state().operation = *started;
      return;
    }
    theater::log::warn("the database takes nothing: ", started.error().message);
    later();
  }

  void list_folders() {
    std::set<std::string> again;
    while (!state().folders.empty()) {
      const std::string folder = *state().folders.begin();
      state().folders.erase(state().folders.begin());
      if (!list(folder)) again.insert(folder);
    }
    if (again.empty()) return;
    state().folders = again;
    later();
  }

  /// False: try again.
  bool list(const std::string& folder) {
    const std::string prefix = folder.empty() ? "" : folder + "/";
    const std::string place = theater::concat(kRoot, folder.empty() ? "" : "/", folder);
    for (std::string after;;) {
      const auto page = theater::filesystem::list(place, after, kNamesAtOnce);
      if (!page.ok()) return is_final(page.error());
      for (const auto& [name, size, is_folder] : *page) {
        after = name;
        if (!is_folder) {
          note_path(prefix + after);
        } else if (!name.starts_with('.')) {
          state().folders.insert(prefix + after);
        }
      }
      if (page->size() < kNamesAtOnce) return true;
    }
  }

  /// Whether it says what is there, rather than that nobody could look.
  static bool is_final(const theater::Error& error) {
    using Code = theater::actor::types::Code;
    return error.code == Code::kNotFound || error.code == Code::kDenied ||
           error.code == Code::kInvalid;
  }

  /// Reads some of the pending notes; answers those that differ from what is known.
  std::deque<archive::Look> look() {
    std::deque<archive::Look> looks;
    std::size_t bytes = 0;
    auto next = state().pending.begin();
    for (std::size_t i = 0; i < kLooksMax && bytes < kBatchBytesMax; ++i) {
      if (next == state().pending.end()) break;
      archive::Look look;
      look.path = *next;
      if (!read(look)) {  // it stays pending
        ++next;
        later();
        continue;
      }
      next = state().pending.erase(next);
      const auto known = state().known.find(look.path);
      const bool is_known = known != state().known.end();
      if (look.is_there ? is_known && known->second == look.digest : !is_known) continue;
      look.seq = state().seq + looks.size() + 1;
      bytes += look.body.size();
      looks.push_back(std::move(look));
    }
    return looks;
  }

  static bool read(archive::Look& look) {
    const auto content =
        theater::filesystem::read(theater::concat(kRoot, "/", look.path), 0, kNoteBytesMax);
    if (!content.ok()) return is_final(content.error());
    look.is_there = true;
    look.body = clean_text({reinterpret_cast<const char*>(content->data()), content->size()});
    look.digest = digest_of(look.body);
    look.title = title_of(look.body, look.path);
    look.links = json_list(links_of(look.body));
    return true;
  }

  void keep(const std::deque<archive::Look>& looks) {
    state().batch.clear();
    for (const archive::Look& look : looks) {
      state().batch.push_back({look.seq, look.path, look.title, look.digest, look.is_there});
    }
    start(Work::kKeep, archive::keep(looks));
    if (state().operation == 0) give_up();
  }

  /// Nothing of the batch is kept: its notes are looked at again.
  void give_up() {
    for (const Change& change : std::exchange(state().batch, {})) {
      state().pending.insert(change.path);
    }
    state().work = Work::kNone;
  }

  // The database.
  void on_done(std::uint64_t operation, const theater::Results& results) override {
    if (operation == state().wanted) return ask_for_titles(results[0]);
    if (state().titles.contains(operation)) return settle(operation);
    if (operation != state().operation) return answer(operation, results[0]);
    state().operation = 0;
    const Work done = std::exchange(state().work, Work::kNone);
    if (done == Work::kKeep) tell();
    if (done == Work::kCompare) {
      const auto last = results[0][0][0].get<std::uint64_t>().value_or(0);
      last > state().seq ? tell() : give_up();
    }
    if (!state().pending.empty() || !state().folders.empty()) soon();
  }

  void on_failed(std::uint64_t operation, const theater::Error& error) override {
    if (operation == state().wanted) return miss_links();
    if (state().titles.erase(operation) > 0) return miss_links();
    if (operation != state().operation) return refuse(operation, error);
    theater::log::warn("the database failed: ", error.message);
    state().operation = 0;
    // An error may come from a transaction that was done all the same: the database knows.
    if (state().work == Work::kKeep) state().work = Work::kCompare;
    later();
  }

  /// The batch is in the database: everybody hears of it.
  void tell() {
    const std::string list = changes_json(state().batch);
    for (const Change& change : std::exchange(state().batch, {})) {
      state().seq = change.seq;
      if (change.is_there) {
        state().known[change.path] = change.digest;
      } else {
        state().known.erase(change.path);
      }
      const std::string json = to_json(change);
      publish(kTopic, {theater::concat(change.seq), "", json});
      theater::publish_text(theater::kEverybody, json);
    }
    const auto told = theater::respond_all(state().polls, fresh(changes_answer(state().seq, list)));
    if (told.ok()) state().polls.clear();
    state().has_links = true;
    want_titles();
  }

  // Links: a few at a time are asked for, and what came of it stands in the database.
  void want_titles() {
    if (!state().has_links || state().wanted != 0) return;
    if (state().titles.size() >= kLinksAtOnce) return;
    const auto started = archive::wanted_links(kLinksWanted);
    if (!started.ok()) return miss_links();
    state().wanted = *started;
    state().has_links = false;
  }

  /// Something of it failed: a tick looks again.
  void miss_links() {
    state().wanted = 0;
    state().settled.clear();
    state().has_links = true;
    later();
  }

  /// What became of a link is in the database, perhaps after a query under way has looked there.
  void settle(std::uint64_t operation) {
    const auto found = state().titles.find(operation);
    if (state().wanted != 0) state().settled.insert(found->second);
    state().titles.erase(found);
    want_titles();
  }

  void ask_for_titles(const theater::Rows& rows) {
    state().wanted = 0;
    const std::set<std::string> settled = std::exchange(state().settled, {});
    state().has_links = rows.size() == kLinksWanted;
    for (const theater::Row& row : rows) {
      const std::string url(row["url"].text().value_or(""));
      if (is_asked_for(url) || settled.contains(url)) continue;
      if (state().titles.size() >= kLinksAtOnce) {
        state().has_links = true;
        return;
      }
      ask_for_title(url);
    }
  }

  void ask_for_title(const std::string& url) {
    const auto started = theater::http::get(std::string_view(url).substr(0, url.find('#')));
    if (started.ok()) {
      state().titles[*started] = url;
    } else if (is_final(started.error())) {
      note_title(url, "");  // no server that the manifest names
    } else {
      miss_links();
    }
  }

  bool is_asked_for(std::string_view url) {
    const auto is_it = [url](const auto& asked) { return asked.second == url; };
    return std::ranges::any_of(state().titles, is_it);
  }

  void on_result(std::uint64_t operation, const theater::HttpResult& result) override {
    const auto found = state().titles.find(operation);
    if (found == state().titles.end()) return;
    const std::string url = found->second;
    state().titles.erase(found);
    const bool is_page = result.ok() && result->status == 200;
    note_title(url, is_page ? title_of_page({reinterpret_cast<const char*>(result->body.data()),
                                             result->body.size()})
                            : "");
  }

  /// An empty title: it has none, or could not be asked for.
  void note_title(const std::string& url, const std::string& title) {
    const auto started = archive::note_title(url, title);
    if (!started.ok()) return miss_links();
    state().titles[*started] = url;
  }

  // HTTP.
  theater::Reply on_request(const theater::Request& request) override {
    const std::string_view path = request.path();
    const bool is_here = path == "/api/search" || path == "/api/note" || path == "/api/changes" ||
                         path == "/api/events" || path == "/api/status";
    if (!is_here) return theater::text_response("nothing here\n", 404);
    if (request.method != "GET" && request.method != "HEAD") {
      theater::Response refusal = theater::text_response("not this method\n", 405);
      refusal.headers.emplace_back("allow", "GET, HEAD");
      return refusal;
    }
    const std::uint64_t who = request.exchange.id();
    if (path == "/api/events") return theater::Reply::events(kTopic);
    if (path == "/api/changes") return changes(request);
    if (path == "/api/status") return fresh(status());
    if (path == "/api/search") {
      const std::string words = decode_query(request.query("q").value_or(""));
      return wait_for({Question::kSearch, who, words}, archive::search(match_of(words)));
    }
    const std::string wanted = decode_query(request.query("path").value_or(""));
    return wait_for({Question::kNote, who, wanted}, archive::note(wanted));
  }

  /// What happened after `after`; if that is nothing yet, the request waits for it.
  theater::Reply changes(const theater::Request& request) {
    const auto after = number_of(request.query("after").value_or("0"));
    if (!after) return theater::text_response("after is not a number\n", 400);
    if (*after > state().seq) return theater::text_response("after is ahead\n", 409);
    if (*after < state().seq) {
      return wait_for({Question::kChanges, request.exchange.id(), ""},
                      archive::changes(*after, state().seq));
    }
    state().polls.push_back(request.exchange.id());
    return theater::Reply::later(kPollHold);
  }

  std::string status() {
    return theater::json_object("notes", state().known.size(), "seq", state().seq, "pending",
                                state().pending.size() + state().batch.size()) +
           "\n";
  }

  /// The answer to a request comes with the rows.
  theater::Reply wait_for(const Asked& asked, const theater::Started& started) {
    if (!remember(asked, started)) return busy();
    return theater::Reply::later(kAnswerHold);
  }

  bool remember(const Asked& asked, const theater::Started& started) {
    if (!started.ok()) return false;
    state().asked[*started] = asked;
    return true;
  }

  void answer(std::uint64_t operation, const theater::Rows& rows) {
    const auto found = state().asked.find(operation);
    if (found == state().asked.end()) return;
    const Asked asked = found->second;
    state().asked.erase(found);
    const theater::Exchange exchange(asked.who);
    switch (asked.question) {
      case Question::kTyped:
        theater::Connection(asked.who).send_text(found_json(asked.text, state().seq, rows));
        return;
      case Question::kSearch:
        exchange.respond(fresh(found_json(asked.text, state().seq, rows) + "\n"));
        return;
      case Question::kChanges:
        exchange.respond(fresh(changes_answer(last_seq(rows), changes_json(rows))));
        return;
      case Question::kNote:
        exchange.respond(rows.empty() ? theater::text_response("no such note\n", 404)
                                      : fresh(note_json(rows) + "\n"));
        return;
    }
  }

  /// Up to where the changes go.
  std::uint64_t last_seq(const theater::Rows& rows) {
    if (rows.empty()) return state().seq;
    return rows[rows.size() - 1]["seq"].get<std::uint64_t>().value_or(state().seq);
  }

  void refuse(std::uint64_t operation, const theater::Error& error) {
    const auto found = state().asked.find(operation);
    if (found == state().asked.end()) return;
    const Asked asked = found->second;
    state().asked.erase(found);
    if (asked.question == Question::kTyped) {
      theater::Connection(asked.who).send_text(theater::json_object("error", error.message));
    } else {
      theater::Exchange(asked.who).respond(busy());
    }
  }

  void on_ended(theater::Exchange exchange, const theater::wit::Option<theater::Error>&) override {
    std::erase(state().polls, exchange.id());
    forget(exchange.id());
  }

  /// Who asked has gone.
  void forget(std::uint64_t who) {
    for (const auto& [operation, asked] : state().asked) {
      if (asked.who == who) theater::Operation(operation).cancel();
    }
  }

  // WebSockets: every change as a text; each text that comes in is a search.
  void on_open(theater::Connection joined, const theater::Opening&) override {
    joined.send_text(theater::json_object("notes", state().known.size(), "seq", state().seq));
  }

  void on_text(theater::Connection from, std::string_view text) override {
    const std::string words = std::string(text);
    if (!remember({Question::kTyped, from.id(), words}, archive::search(match_of(words)))) {
      from.send_text(theater::json_object("error", "too many questions at once"));
    }
  }

  void on_binary(theater::Connection from, theater::BytesView) override {
    from.send_text(theater::json_object("error", "a search is text"));
  }

  void on_close(theater::Connection gone, const theater::Closing&) override { forget(gone.id()); }
};

THEATER_ACTOR(Newsroom)
