// DeskActor: for tests, an actor in C++ around one http-server instance. The path says what it
// answers: /now, /later, /events, /raw, /none, /trap, /bad, /respond; everything is noted.
#pragma once

#include <string>
#include <vector>

#include "host/fake_actor.h"
#include "hosts/http_server/instance.h"

namespace theater::hosts::http_server {

/// Takes events as an actor does: from a task, in batches; calls, commits, then performs. Copies
/// what it keeps.
class DeskActor final : public actor::ActorPort {
 public:
  explicit DeskActor(const host::Services& services) : services_(services) {}

  const actor::Identity& identity() const override { return who; }
  std::optional<actor::ChainHead> durable_head() const override {
    return actor::ChainHead{Seq{7}, Digest{}};
  }
  void events_ready() override {
    if (is_posted_ || is_asleep) return;
    is_posted_ = true;
    services_.executor.post([this] { run(); });
  }
  void record_overflow(const actor::Overflow& overflow) override { overflowed += overflow.items; }
  void stop_requested(ByteSpan) override {}
  void answer_wait(std::uint64_t, ByteSpan) override {}
  void drained() override { ++drained_count; }

  enum Function : std::size_t {
    kRespond,
    kRespondAll,
    kFinish,
    kWrite,
    kSendEvent,
    kPublish,
    kMore,
    kAnswers
  };

  /// Calls a host function in an invocation of its own; performs the effect if the call says ok.
  Bytes call(std::size_t function, const Bytes& arguments) {
    Bytes result = only_call(function, arguments);
    instance->settle(actor::Settlement::kCommitted);
    if (result[0] == 0) instance->perform({function, arguments, 0, Seq{1}, 0});
    return result;
  }
  Bytes only_call(std::size_t function, const Bytes& arguments) {
    Bytes result;
    CHECK(instance->call(function, arguments, {}, result) == actor::CallOutcome::kReturn, "test");
    return result;
  }
  Bytes respond(std::uint64_t id, std::string_view body) {
    return call(kRespond, host::arguments_of(id, response(body)));
  }
  /// Lets events through again.
  void wake() {
    is_asleep = false;
    if (instance->events()->has_events()) events_ready();
  }
  /// Lets the effects of the invocations so far happen.
  void release() {
    is_holding = false;
    for (const Bytes& answers : std::exchange(unperformed_, {})) perform(answers);
  }

  static http::ResponseMessage response(std::string_view body) {
    http::ResponseMessage message;
    message.headers.emplace_back("content-type", to_bytes(as_bytes("text/plain")));
    message.body = as_bytes(body);
    return message;
  }

  actor::FamilyInstance* instance = nullptr;
  actor::Identity who{ActorId{}, "desk", Digest{}};
  bool is_asleep = false;
  bool is_holding = false;  // nothing becomes durable
  int drained_count = 0;
  std::uint64_t overflowed = 0;
  std::uint64_t last_id = 0;
  std::uint32_t hold_ms = 10'000;
  std::optional<std::string> topic = "news";
  std::string now_body = "hello\n";
  std::vector<std::string> seen;  // "GET /now", "part 5", "ended (closed)", ...
  actor::BatchLimits batch_limits;

 private:
  void run() {
    is_posted_ = false;
    actor::EventBatch batch(batch_limits);
    instance->events()->take(batch);
    Answers answers;
    bool is_trap = false;
    for (std::size_t i = 0; i < batch.size(); ++i) is_trap |= handle(batch[i], answers);
    const Bytes bytes = is_trap ? Bytes{0} : wasm::to_binary(answers);
    instance->settle(is_trap ? actor::Settlement::kDiscarded : actor::Settlement::kCommitted);
    static_cast<Instance*>(instance)->handled(
        batch, {Seq{42}, !is_trap, is_trap ? ByteSpan{} : ByteSpan(bytes)});
    for (const Bytes& arguments : std::exchange(effects_, {})) {
      instance->perform({kRespond, arguments, 0, Seq{42}, 0});
    }
    if (is_holding) {
      unperformed_.push_back(bytes);
    } else {
      perform(bytes);
    }
    if (instance->events()->has_events()) events_ready();
  }

  void perform(const Bytes& answers) { instance->perform({kAnswers, answers, 0, Seq{42}, 0}); }

  bool handle(ByteSpan bytes, Answers& answers) {
    const auto event = wasm::from_binary<host::Event<Payload>>(bytes);
    CHECK(event, "events are canonical");
    last_id = event->id;
    const auto& value = event->payload.value;
    seen.push_back(describe(event->payload));
    if (value.index() != Payload::kRequest) return false;
    const auto& request = std::get<1>(std::get<Payload::kRequest>(value));
    const std::string_view path = request.url.substr(0, request.url.find('?'));
    if (path == "/later") answers.emplace_back(event->id, Answer{hold_ms});
    if (path == "/events") answers.emplace_back(event->id, Answer{Streamed{{}, topic}});
    if (path == "/raw") answers.emplace_back(event->id, Answer{Streamed{response("raw"), {}}});
    if (path == "/bad") {
      http::ResponseMessage bad;
      bad.headers.emplace_back("x", to_bytes(as_bytes("a\r\nb")));
      answers.emplace_back(event->id, Answer{bad});
    }
    if (path == "/respond") {
      const Bytes arguments = host::arguments_of(event->id, response("responded"));
      only_call(kRespond, arguments);
      effects_.push_back(arguments);
    }
    if (path.starts_with("/now") || path == "*") {
      answers.emplace_back(event->id, Answer{response(now_body)});
    }
    return path == "/trap";
  }

  static std::string describe(const Payload& payload) {
    switch (payload.value.index()) {
      case Payload::kRequest: {
        const auto& request = std::get<1>(std::get<Payload::kRequest>(payload.value));
        std::string text = fmt::format("{} {}", request.method, request.url);
        if (!request.body.empty()) text += fmt::format(" +{}", request.body.size());
        return text;
      }
      case Payload::kPart:
        return fmt::format("part {}", std::get<Payload::kPart>(payload.value).size());
      case Payload::kEnded: {
        const auto& error = std::get<Payload::kEnded>(payload.value);
        if (!error) return "ended";
        const auto code = static_cast<std::size_t>(error->code);
        return fmt::format("ended ({})", wasm::WitLabels<host::GuestCode>::kLabels[code]);
      }
      default:
        return std::string(Payload::kWitCases[payload.value.index()]);
    }
  }

  const host::Services& services_;
  bool is_posted_ = false;
  std::vector<Bytes> effects_;  // respond, of this invocation
  std::vector<Bytes> unperformed_;
};

}  // namespace theater::hosts::http_server
