// BenchFamily: the family of actor_guest.wat, which costs as little as a family can.
#pragma once

#include <memory>
#include <vector>

#include "actor/host_port.h"
#include "wasm/binary_writer.h"

namespace theater::bench {

inline actor::FamilyInfo bench_info() {
  using wasm::Kind;
  using wasm::Type;
  const Type bytes = Type::list(Kind::kU8), number = Kind::kU64;
  const Type event = Type::tuple({number, bytes});
  actor::FamilyInfo info;
  info.name = "probe";
  info.interface_name = "theater:bench/probe@0.1.0";
  info.handler_name = "theater:bench/probe-handler@0.1.0#handle-events";
  info.handler_need = actor::HandlerNeed::kRequired;
  info.handler_type = wasm::FunctionType{{{"", bytes}, {"", Type::list(event)}},
                                         Type::result(Type::tuple({bytes}), Type(Kind::kString))};
  info.event_type = event;
  info.calls = {{"write",
                 {{{"", number}, {"", bytes}}, std::nullopt},
                 actor::Nature::kEffect,
                 chain::OutputClass::kWrite,
                 actor::PlainResult::kUnit,
                 actor::Emits::kAlways,
                 actor::Target::kFirstArgument},
                {"read", {{}, number}},
                {"ask", {{{"", bytes}}, bytes}}};
  return info;
}

/// Hands out the same event until `left` is used up, `batch` at a time.
struct Feed {
  Bytes event;
  std::uint64_t left = 0;
  std::size_t batch = 1;
  std::uint64_t performed = 0;
  actor::ActorPort* port = nullptr;

  void set(char command, std::size_t bytes) {
    event.clear();
    wasm::BinaryWriter writer(event);
    writer.unsigned_number(7);
    Bytes payload(bytes, '.');
    payload[0] = static_cast<std::uint8_t>(command);
    writer.bytes(payload);
  }
};

class BenchInstance final : public actor::FamilyInstance, private actor::EventSource {
 public:
  BenchInstance(const actor::FamilyInfo& info, Feed& feed) : info_(info), feed_(feed) {}
  const actor::FamilyInfo& info() const override { return info_; }
  actor::CallOutcome call(std::size_t function, ByteSpan arguments, const actor::CallContext&,
                          Bytes& result) override {
    if (function == 1) wasm::BinaryWriter(result).unsigned_number(1'000'000 + ++reads_);
    if (function == 2) append(result, arguments);
    return actor::CallOutcome::kReturn;
  }
  void settle(actor::Settlement) override {}
  void perform(const actor::Effect&) override { ++feed_.performed; }
  actor::EventSource* events() override { return this; }
  Bytes save() const override { return {}; }
  Status load(ByteSpan) override { return {}; }
  Status fold_effect(const actor::Effect&, WallTime) override { return {}; }
  Status fold_event(ByteSpan) override { return {}; }
  Status recover() override { return {}; }
  void stop(actor::StopMode) override {}
  actor::Census census() const override { return {}; }

 private:
  bool has_events() const override { return feed_.left > 0; }
  void take(actor::EventBatch& batch) override {
    for (std::size_t i = 0; i < feed_.batch && feed_.left > 0; ++i, --feed_.left) {
      if (!batch.accepts(feed_.event.size())) return;
      batch.add(feed_.event);
    }
  }
  const actor::FamilyInfo& info_;
  Feed& feed_;
  std::uint64_t reads_ = 0;
};

class BenchSet final : public actor::FamilySet {
 public:
  explicit BenchSet(Feed& feed) : feed_(feed) {}
  std::span<const actor::FamilyInfo* const> infos() const override { return infos_; }
  Status check_grant(std::size_t, const actor::Setting&) const override { return {}; }
  Result<std::unique_ptr<actor::FamilyInstance>> create(std::size_t, const actor::Setting&,
                                                        actor::ActorPort& port) const override {
    feed_.port = &port;
    return std::make_unique<BenchInstance>(info_, feed_);
  }

 private:
  actor::FamilyInfo info_ = bench_info();
  std::vector<const actor::FamilyInfo*> infos_{&info_};
  Feed& feed_;
};

}  // namespace theater::bench
