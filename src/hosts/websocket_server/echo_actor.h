// EchoActor: for tests, an actor in C++ around one websocket-server instance: it answers each
// message with the same message and notes everything else.
#pragma once

#include <string>
#include <vector>

#include "host/fake_actor.h"
#include "hosts/websocket_server/instance.h"

namespace theater::hosts::websocket_server {

/// Takes events as an actor does: from a task, in batches; calls, settles, then performs.
class EchoActor final : public actor::ActorPort {
 public:
  explicit EchoActor(const host::Services& services) : services_(services) {}

  const actor::Identity& identity() const override { return who; }
  std::optional<actor::ChainHead> durable_head() const override {
    return actor::ChainHead{Seq{7}, Digest{}};
  }
  void events_ready() override {
    if (is_posted_ || is_asleep) return;
    is_posted_ = true;
    services_.executor.post([this] { run(); });
  }
  void record_overflow(const actor::Overflow&) override { ++overflows; }
  void stop_requested(ByteSpan) override {}
  void answer_wait(std::uint64_t, ByteSpan) override {}
  void drained() override { ++drained_count; }

  /// Calls a host function in an invocation of its own; performs the effect if the call says ok.
  Bytes call(std::size_t function, const Bytes& arguments) {
    Bytes result;
    CHECK(instance->call(function, arguments, {}, result) == actor::CallOutcome::kReturn, "test");
    instance->settle(actor::Settlement::kCommitted);
    const bool is_effect = instance->info().calls[function].nature == actor::Nature::kEffect;
    if (is_effect && result[0] == 0) instance->perform({function, arguments, 0, Seq{1}, 0});
    return result;
  }
  /// Lets events through again.
  void wake() {
    is_asleep = false;
    if (instance->events()->has_events()) events_ready();
  }

  static constexpr std::size_t kAccept = 0, kSend = 1, kClose = 2, kSubscribe = 3, kUnsubscribe = 4,
                               kPublish = 5, kSetAttachment = 6, kAttachment = 7;

  actor::FamilyInstance* instance = nullptr;
  actor::Identity who{ActorId{}, "echo", Digest{}};
  bool echoes = true;
  bool is_asleep = false;
  int drained_count = 0;
  int overflows = 0;
  std::uint64_t last_id = 0;
  std::size_t echoed = 0;
  std::vector<std::string> seen;  // "opened", "text hello", "closed 1000 bye", ...
  actor::BatchLimits batch_limits;

 private:
  void run() {
    is_posted_ = false;
    actor::EventBatch batch(batch_limits);
    instance->events()->take(batch);
    std::vector<Bytes> sends;
    for (std::size_t i = 0; i < batch.size(); ++i) handle(batch[i], sends);
    instance->settle(actor::Settlement::kCommitted);
    for (const Bytes& send : sends) instance->perform({kSend, send, 0, Seq{1}, 0});
    if (instance->events()->has_events()) events_ready();
  }

  void handle(ByteSpan bytes, std::vector<Bytes>& sends) {
    const auto event = wasm::from_binary<host::Event<Payload>>(bytes);
    CHECK(event, "events are canonical");
    last_id = event->id;
    const auto& value = event->payload.value;
    if (value.index() == Payload::kMessage && echoes) return echo(*event, sends);
    seen.push_back(describe(event->payload));
  }

  void echo(const host::Event<Payload>& event, std::vector<Bytes>& sends) {
    const Message& message = std::get<Payload::kMessage>(event.payload.value);
    Bytes arguments = host::arguments_of(event.id, message);
    Bytes result;
    instance->call(kSend, arguments, {}, result);
    if (result[0] == 0) sends.push_back(std::move(arguments));
    ++echoed;
  }

  static std::string describe(const Payload& payload) {
    const std::string name(Payload::kWitCases[payload.value.index()]);
    if (payload.value.index() == Payload::kMessage) {
      const Message& message = std::get<Payload::kMessage>(payload.value);
      return fmt::format("{} {}", message.is_text() ? "text" : "binary", as_text(message.bytes()));
    }
    if (payload.value.index() == Payload::kGap) {
      return fmt::format("gap {}", std::get<Payload::kGap>(payload.value));
    }
    if (payload.value.index() != Payload::kClosed) return name;
    const Closing& closing = std::get<Payload::kClosed>(payload.value);
    std::string text = fmt::format("closed {}", closing.code);
    if (!closing.reason.empty()) text += " " + closing.reason;
    if (closing.error) {
      const auto code = static_cast<std::size_t>(closing.error->code);
      text += fmt::format(" ({})", wasm::WitLabels<host::GuestCode>::kLabels[code]);
    }
    return text;
  }

  const host::Services& services_;
  bool is_posted_ = false;
};

}  // namespace theater::hosts::websocket_server
