// ScriptedFamily: the family "probe" of probe.wat; it does as the test says and remembers it all.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actor/host_port.h"
#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"

namespace theater::actor::testing {
enum Function : std::size_t { kEffect, kMay, kRead, kMint, kDeny, kWait, kTrapCall };

inline FamilyInfo probe_info() {
  using wasm::Kind;
  using wasm::Type;
  const Type bytes = Type::list(Kind::kU8), text = Kind::kString, number = Kind::kU64;
  const Type event = Type::tuple({number, bytes});
  const Type done = Type::result(std::nullopt, text);
  FamilyInfo info;
  info.name = "probe";
  info.interface_name = "theater:test/probe@0.1.0";
  info.handler_name = "theater:test/probe-handler@0.1.0#handle-events";
  info.handler_need = HandlerNeed::kRequired;
  info.handler_type = wasm::FunctionType{{{"", bytes}, {"", Type::list(event)}},
                                         Type::result(Type::tuple({bytes}), text)};
  info.event_type = event;
  const auto write = chain::OutputClass::kWrite;
  info.calls = {
      {"effect",
       {{{"", number}, {"", bytes}}, std::nullopt},
       Nature::kEffect,
       write,
       PlainResult::kUnit,
       Emits::kAlways,
       Target::kFirstArgument},
      {"may",
       {{{"", number}}, done},
       Nature::kEffect,
       write,
       PlainResult::kOk,
       Emits::kOnOk,
       Target::kFirstArgument},
      {"read", {{}, number}},
      {"mint",
       {{}, Type::result(number, text)},
       Nature::kEffect,
       chain::OutputClass::kOperation,
       PlainResult::kMintedId,
       Emits::kOnOk,
       Target::kMintedId},
      {"deny", {{}, done}, Nature::kRead},
      {"wait", {{}, number}, Nature::kWait},
      {"trap", {{}, std::nullopt}, Nature::kRead, write, PlainResult::kUnit},
  };
  return info;
}

/// What a test looks at and turns; outlives the family instance, survives restarts.
struct ProbeScript {
  std::uint64_t read_next = 7;  // what the next read answers; then one more each time
  bool refuse_may = false;
  std::function<Status()> on_recover = [] { return Status(); };
  std::uint64_t held = 0;          // connections that only kill() or release() lets go
  std::string parting;             // commands of an event that expect_stop() queues
  std::vector<std::string> trace;  // "perform effect 5", "commit", "discard", ...
  ActorPort* port = nullptr;
  std::deque<Bytes> queue;
  std::vector<std::uint64_t> waits;  // tickets of performed waits
  void push(std::uint64_t id, std::string_view commands) {
    Bytes event;
    wasm::BinaryWriter writer(event);
    writer.unsigned_number(id);
    writer.bytes(as_bytes(commands));
    queue.push_back(std::move(event));
    if (port != nullptr) port->events_ready();
  }
  std::size_t count(std::string_view prefix) const {
    std::size_t found = 0;
    for (const std::string& line : trace) found += line.starts_with(prefix) ? 1 : 0;
    return found;
  }
};

class ProbeInstance final : public FamilyInstance, private EventSource {
 public:
  ProbeInstance(const FamilyInfo& info, ProbeScript& script, ActorPort& port)
      : info_(info), script_(script) {
    script_.port = &port;
  }
  ~ProbeInstance() override { script_.port = nullptr; }

  const FamilyInfo& info() const override { return info_; }
  CallOutcome call(std::size_t function, ByteSpan, const CallContext& context,
                   Bytes& result) override {
    wasm::BinaryWriter writer(result);
    switch (function) {
      case kEffect:
        return CallOutcome::kReturn;
      case kMay:
        writer.byte(script_.refuse_may ? 1 : 0);
        if (script_.refuse_may) writer.string("refused");
        return CallOutcome::kReturn;
      case kRead:
        writer.unsigned_number(script_.read_next++);
        return CallOutcome::kReturn;
      case kMint:
        writer.byte(0);
        writer.unsigned_number(context.next_id);
        return CallOutcome::kReturn;
      case kDeny:
        writer.byte(1);
        writer.string("not granted");
        return CallOutcome::kDenied;
      case kWait:
        if (!context.was_asked) return CallOutcome::kSuspend;
        writer.unsigned_number('?');
        return CallOutcome::kReturn;
      default:
        append(result, as_bytes("the host refuses"));
        return CallOutcome::kTrap;
    }
  }
  void settle(Settlement settlement) override {
    script_.trace.push_back(settlement == Settlement::kCommitted ? "commit" : "discard");
  }
  void perform(const Effect& effect) override {
    if (effect.function == kWait) script_.waits.push_back(effect.ticket);
    script_.trace.push_back(
        fmt::format("perform {} {}", info_.calls[effect.function].name, effect.id));
  }
  EventSource* events() override { return this; }
  Bytes save() const override { return to_bytes(as_bytes("saved")); }
  Status load(ByteSpan saved) override {
    script_.trace.push_back("load " + std::string(as_text(saved)));
    return {};
  }
  Status fold_effect(const Effect& effect, WallTime) override {
    script_.trace.push_back(
        fmt::format("fold {} {}", info_.calls[effect.function].name, effect.id));
    return {};
  }
  Status fold_event(ByteSpan event) override {
    script_.trace.push_back(
        fmt::format("fold event {}", wasm::BinaryReader(event).unsigned_number(UINT64_MAX)));
    return {};
  }
  Status recover() override {
    script_.trace.push_back("recover");
    return script_.on_recover();
  }
  void expect_stop(EndReason) override {
    script_.trace.push_back("expect");
    if (!script_.parting.empty()) script_.push(9, script_.parting);
  }
  bool has_parting_event() const override { return !script_.parting.empty() && has_events(); }
  void stop(StopMode mode) override {
    script_.trace.push_back(mode == StopMode::kDrain ? "drain" : "kill");
    if (mode == StopMode::kKill) script_.held = 0;
  }
  Census census() const override { return {.connections = script_.held}; }

 private:
  bool has_events() const override { return !script_.queue.empty(); }
  void take(EventBatch& batch) override {
    while (!script_.queue.empty() && batch.accepts(script_.queue.front().size())) {
      batch.add(script_.queue.front());
      script_.queue.pop_front();
    }
  }

  const FamilyInfo& info_;
  ProbeScript& script_;
};

class ProbeSet final : public FamilySet {
 public:
  explicit ProbeSet(ProbeScript& script) : script_(script) {}
  FamilyInfo& info() { return info_; }  // before the actor is made
  std::span<const FamilyInfo* const> infos() const override { return infos_; }
  Status check_grant(std::size_t, const Setting& grant) const override {
    SettingsReader reader(grant, "grants.probe");
    reader.integer("level", 0, {});
    return reader.finish();
  }
  Result<std::unique_ptr<FamilyInstance>> create(std::size_t, const Setting&,
                                                 ActorPort& actor) const override {
    return std::make_unique<ProbeInstance>(info_, script_, actor);
  }

 private:
  FamilyInfo info_ = probe_info();
  std::vector<const FamilyInfo*> infos_{&info_};
  ProbeScript& script_;
};

}  // namespace theater::actor::testing
