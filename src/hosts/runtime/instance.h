// runtime::Instance: what one actor may ask of the runtime itself.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "host/event_queue.h"
#include "host/family.h"
#include "host/rate_limit.h"
#include "hosts/runtime/limits.h"

namespace theater::hosts::runtime {

/// The WIT record `identity`.
struct Identity {
  std::string id, name;
  std::optional<std::string> parent;
  std::string component;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("id", &Identity::id), wasm::field("name", &Identity::name),
                      wasm::field("parent", &Identity::parent),
                      wasm::field("component", &Identity::component)};
  }
};

/// The WIT variant `payload`.
struct Payload {
  static constexpr std::array<std::string_view, 1> kWitCases{"stopping"};
  std::variant<std::string> value;
};

/// One actor's, on its shard. Holds no resources: its census is always empty.
class Instance final : public host::BoundInstance<Instance>, private host::QueueUser {
 public:
  Instance(const host::Binding<Instance>& binding, const Limits& limits,
           const host::Context& context);

  // Host functions.
  void log(host::LogLevel level, std::string_view message);
  Identity self();
  std::uint64_t now();
  void stop_actor(ByteSpan output);

  // Their effects.
  void write_log(actor::Effect& effect, host::LogLevel level, std::string_view message);
  void perform_stop(ByteSpan output);

  void settle(actor::Settlement settlement) override;
  actor::EventSource* events() override { return &queue_; }
  Bytes save() const override;
  Status load(ByteSpan saved) override;
  Status fold_event(ByteSpan) override { return {}; }
  Status recover() override { return {}; }
  void expect_stop(actor::EndReason reason) override;
  bool has_parting_event() const override { return queue_.has_events(); }
  void stop(actor::StopMode mode) override;
  actor::Census census() const override { return {}; }
  void measure(actor::Figures& figures) const override { queue_.measure(figures); }

 private:
  struct Line {
    host::LogLevel level;
    std::string text;
  };
  void emit(host::LogLine line);
  void on_taken(std::uint64_t, std::size_t) override {}
  void on_resumed() override {}
  void write_gap(std::uint64_t, Bytes&) override {}

  const Limits limits_;
  host::Services services_;
  actor::ActorPort& actor_;
  host::EventQueue queue_;
  host::RateLimit rate_;
  std::vector<Line> unsettled_;  // lines of the invocation under way
  std::uint64_t last_now_ = 0;
};

}  // namespace theater::hosts::runtime

template <>
struct theater::wasm::WitLabels<theater::host::LogLevel> {
  static constexpr std::array<std::string_view, 5> kLabels{"trace", "debug", "info", "warn",
                                                           "error"};
};
