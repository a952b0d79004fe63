// Tests of an actor's logic without the runtime: the actor's source compiles natively, FakeHost
// answers its host calls, and Stage plays events to it as the runtime would: state in, events in,
// state out, and what it asked for becomes real only if the invocation ended well.
//
//   theater::testing::Stage<Chat> stage;
//   auto& alice = stage.connect();
//   stage.text(alice, "hi");
//   EXPECT_EQ(alice.texts.back(), R"({"seq":1,"from":"c1","text":"hi"})");
//
// Each invocation gets a new object of the actor's class, so that what is kept outside of the state
// is lost, as it may be in the runtime.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "theater/fake_host.h"

namespace theater::testing {

/// The events of one family, with the memory they point into.
template <class Event>
struct Batch {
  std::vector<Event> events;
  std::deque<std::string> texts;

  std::string_view keep(std::string_view text) { return texts.emplace_back(text); }
};

/// Plays events to one actor.
template <class ActorClass>
class Stage {
 public:
  /// Starts the actor; `error()` tells if it refused.
  explicit Stage(std::string_view params = "") {
    run([&](ActorClass& actor) { return actor.init(bytes_of(params)); });
  }

  FakeHost& host() { return host_; }
  const Bytes& state() const { return state_; }
  void set_state(Bytes state) { state_ = std::move(state); }
  /// Why the last invocation failed; empty if it did not.
  const std::string& error() const { return error_; }

  /// A client connects.
  Peer& connect(std::string_view path = "/") {
    Peer& peer = host_.peers.emplace_back();
    peer.id = (std::uint64_t{1} << 52) + host_.peers.size();
    actor::websocket_types::Opening opening{};
    opening.path = sockets_.keep(path);
    opening.peer = "127.0.0.1:40000";
    add(peer, actor::websocket_types::Payload::make_opened(opening));
    return peer;
  }
  void text(const Peer& from, std::string_view text) {
    add(from, Payload::make_message(Message::make_text(sockets_.keep(text))));
  }
  void binary(const Peer& from, std::string_view bytes) {
    add(from, Payload::make_message(Message::make_binary(bytes_of(sockets_.keep(bytes)))));
  }
  /// The client goes away.
  void disconnect(Peer& peer, std::uint16_t code = 1000) {
    peer.open = false;
    actor::websocket_types::Closing closing{};
    closing.code = code;
    add(peer, Payload::make_closed(closing));
  }

  /// What happens within `fill` reaches the actor as one batch.
  template <class Fill>
  void batch(Fill fill) {
    holding_ = true;
    fill();
    holding_ = false;
    deliver_sockets();
  }

  /// Time passes; timers that become due fire, each at most once, as one batch.
  void advance(std::chrono::nanoseconds span) {
    host_.now += span;
    Batch<actor::timer_types::Event> ticks;
    for (auto entry = host_.timers.begin(); entry != host_.timers.end();) {
      auto& [name, timer] = *entry;
      if (timer.due > host_.now) {
        ++entry;
        continue;
      }
      const bool once = timer.period.count() == 0;
      const auto missed = once ? 0 : (host_.now - timer.due) / timer.period;
      ticks.events.push_back({0,
                              {ticks.keep(name), static_cast<std::uint64_t>(timer.due.count()),
                               static_cast<std::uint64_t>(missed)}});
      timer.due += timer.period * (missed + 1);
      entry = once ? host_.timers.erase(entry) : std::next(entry);
    }
    if (!ticks.events.empty()) deliver<actor::timer_handler::Guest>(ticks);
  }

  /// A watch tells something; what it points to lives until this returns.
  void file_watch(std::uint64_t watch, const actor::file_watch_types::Payload& payload) {
    Batch<actor::file_watch_types::Event> batch;
    batch.events.push_back({watch, payload});
    deliver<actor::file_watch_handler::Guest>(batch);
  }

  /// A change ended well, or not.
  void file_changed(std::uint64_t change, const actor::types::Outcome& outcome = {}) {
    Batch<actor::filesystem_types::Event> batch;
    batch.events.push_back({change, outcome});
    deliver<actor::filesystem_handler::Guest>(batch);
  }

  /// The terminal tells something: keys, a size, a restart of the node.
  void terminal(const actor::terminal_types::Payload& payload) {
    Batch<actor::terminal_types::Event> batch;
    batch.events.push_back({0, payload});
    deliver<actor::terminal_handler::Guest>(batch);
  }
  void keys(std::string_view typed) {
    terminal(actor::terminal_types::Payload::make_input(bytes_of(typed)));
  }

  /// A program wrote something, or has ended.
  void program_wrote(std::uint64_t program, std::string_view text) {
    program_tells(program, actor::process_types::Payload::make_stdout(bytes_of(text)));
  }
  void program_ended(std::uint64_t program,
                     const wit::Result<std::int32_t, actor::types::Error>& exit) {
    program_tells(program, actor::process_types::Payload::make_ended(exit));
  }

 private:
  using Payload = actor::websocket_types::Payload;
  using Message = actor::websocket_types::Message;

  static BytesView bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }

  void program_tells(std::uint64_t program, const actor::process_types::Payload& payload) {
    Batch<actor::process_types::Event> batch;
    batch.events.push_back({program, payload});
    deliver<actor::process_handler::Guest>(batch);
  }

  void add(const Peer& peer, const Payload& payload) {
    sockets_.events.push_back({peer.id, payload});
    if (!holding_) deliver_sockets();
  }
  void deliver_sockets() {
    deliver<actor::websocket_server_handler::Guest>(sockets_);
    sockets_ = {};
  }

  template <class Guest, class Event>
  void deliver(const Batch<Event>& batch) {
    if constexpr (std::is_base_of_v<Guest, ActorClass>) {
      const Bytes before = state_;
      run([&](ActorClass& actor) {
        return static_cast<Guest&>(actor).handle_events(before, batch.events);
      });
    }
  }

  template <class Call>
  void run(Call call) {
    auto actor = std::make_unique<ActorClass>();
    const StateResult result = call(*actor);
    error_ = result.ok() ? "" : std::string(result.error());
    if (!result.ok()) return host_.roll_back();
    state_.assign(result.value().element0.begin(), result.value().element0.end());
    host_.commit();
  }

  FakeHost host_;
  Bytes state_;
  std::string error_;
  Batch<actor::websocket_server_types::Event> sockets_;
  bool holding_ = false;
};

}  // namespace theater::testing
