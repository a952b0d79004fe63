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

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "theater/fake_host.h"
#include "theater/stage_network.h"
#include "theater/stage_stores.h"

namespace theater::testing {

/// Plays events to one actor.
template <class ActorClass>
class Stage : public NetworkEvents, public StoreEvents {
 public:
  /// Starts the actor, after `prepare` has set the host up; `error()` tells if it refused.
  explicit Stage(
      std::string_view params = "",
      const std::function<void(FakeHost&)>& prepare = [](FakeHost&) {}) {
    prepare(host_);
    run([&](ActorClass& actor) { return actor.init(as_bytes(params)); });
  }

  FakeHost& host() { return host_; }
  const Bytes& state() const { return state_; }
  void set_state(Bytes state) { state_ = std::move(state); }
  /// Why the last invocation failed; empty if it did not.
  const std::string& error() const { return error_; }

  /// A client connects.
  Peer& connect(std::string_view path = "/") {
    Peer& peer = host_.peers.emplace_back();
    peer.id = kHostIdBit + host_.next_host_id++;
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
    add(from, Payload::make_message(Message::make_binary(as_bytes(sockets_.keep(bytes)))));
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
    deliver_one<actor::file_watch_handler::Guest, actor::file_watch_types::Event>(watch, payload);
    if (payload.is_ended()) ended(watch);
  }

  /// A change ended well, or not.
  void file_changed(std::uint64_t change, const actor::types::Outcome& outcome = {}) {
    deliver_one<actor::filesystem_handler::Guest, actor::filesystem_types::Event>(change, outcome);
    ended(change);
  }

  /// The terminal tells something: keys, a size, a restart of the node.
  void terminal(const actor::terminal_types::Payload& payload) {
    deliver_one<actor::terminal_handler::Guest, actor::terminal_types::Event>(0, payload);
  }
  void keys(std::string_view typed) {
    terminal(actor::terminal_types::Payload::make_input(as_bytes(typed)));
  }

  /// An operation is so far; told to those who watch it.
  void progressed(std::uint64_t operation, std::uint64_t done,
                  std::optional<std::uint64_t> total = std::nullopt) {
    if (!host_.watched.contains(operation)) return;
    deliver_one<actor::operation_handler::Guest, actor::operation_types::Event>(
        operation, actor::operation_types::Payload{done, total});
  }

  /// A program wrote something, or has ended.
  void program_wrote(std::uint64_t program, std::string_view text) {
    program_tells(program, actor::process_types::Payload::make_stdout(as_bytes(text)));
  }
  void program_ended(std::uint64_t program,
                     const wit::Result<std::int32_t, actor::types::Error>& exit) {
    program_tells(program, actor::process_types::Payload::make_ended(exit));
  }

 private:
  friend NetworkEvents;
  friend StoreEvents;
  using Payload = actor::websocket_types::Payload;
  using Message = actor::websocket_types::Message;

  void program_tells(std::uint64_t program, const actor::process_types::Payload& payload) {
    deliver_one<actor::process_handler::Guest, actor::process_types::Event>(program, payload);
    if (payload.is_ended()) ended(program);
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

  template <class Guest, class Event, class Payload>
  void deliver_one(std::uint64_t id, const Payload& payload) {
    Batch<Event> batch;
    batch.events.push_back({id, payload});
    deliver<Guest>(batch);
  }

  /// An operation's last event was handled.
  void ended(std::uint64_t operation) {
    if (error_.empty()) host_.end_operation(operation);
  }

  template <class Call>
  void run(Call call) {
    auto actor = std::make_unique<ActorClass>();
    const auto result = call(*actor);
    error_ = result.ok() ? "" : std::string(result.error());
    if (!result.ok()) {
      host_.roll_back();
      return host_.take_answers({});
    }
    state_.assign(result.value().element0.begin(), result.value().element0.end());
    host_.commit();
    if constexpr (requires { result.value().element1; }) {
      host_.take_answers(result.value().element1);
    }
  }

  FakeHost host_;
  Bytes state_;
  std::string error_;
  Batch<actor::websocket_server_types::Event> sockets_;
  bool holding_ = false;
};

}  // namespace theater::testing
