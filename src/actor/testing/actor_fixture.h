// ActorWorld: one actor of probe.wat on one shard, stepped by hand.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "actor/actor.h"
#include "actor/testing/fake_history.h"
#include "actor/testing/fake_log.h"
#include "actor/testing/scripted_family.h"
#include "io/stepping_executor.h"
#include "wasm/engine.h"
#include "wasm/wat.h"

namespace theater::actor::testing {

inline wasm::Engine& shared_engine() {
  static const auto engine = [] {
    wasm::EngineOptions options;
    options.allocation = wasm::Allocation::kOnDemand;
    return *wasm::Engine::create(options);
  }();
  return *engine;
}

/// probe.wat, with `from` replaced by `to`: another version of the component.
inline Bytes probe_wasm(std::string_view from = "", std::string_view to = "") {
  std::ifstream file(THEATER_PROBE_WAT);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  Result<Bytes> wasm = wasm::wat_to_wasm(text);
  EXPECT_TRUE(wasm) << wasm.error().message;
  return *wasm;
}

inline std::shared_ptr<const Program> probe_program(const FamilySet& set, ByteSpan wasm) {
  auto component = wasm::Component::load(shared_engine(), wasm, "");
  EXPECT_TRUE(component) << component.error().message;
  auto program = Program::link(*component, {set.infos(), {true}, "test.toml"});
  EXPECT_TRUE(program) << program.error().message;
  return *program;
}

struct ActorWorld {
  io::ManualClock clock;
  io::SteppingExecutor executor{clock};
  io::SeededRandom random{42};
  FakeLog log;
  ProbeScript script;
  ProbeSet set{script};
  std::unique_ptr<Shard> shard = make_shard();
  std::string manifest_text = "name = \"probe\"\ncomponent = \"x\"\n[grants.probe]\n";
  Bytes wasm = probe_wasm();
  std::unique_ptr<Actor> actor;
  std::vector<std::string> started;  // "" or the error
  int ended = 0, log_spent = 0;

  std::unique_ptr<Shard> make_shard() {
    return std::make_unique<Shard>(ShardPorts{executor, clock, random, log, {0}});
  }
  ActorSetup setup() {
    const Result<Manifest> manifest = parse_manifest(manifest_text, "test.toml", "", {});
    EXPECT_TRUE(manifest) << manifest.error().message;
    ActorSetup made{*manifest, probe_program(set, wasm), set};
    made.on_started = [this](Status status) {
      started.push_back(status ? "" : status.error().message);
    };
    made.on_log_spent = [this] { ++log_spent; };
    made.on_ended = [this] { ++ended; };
    return made;
  }
  Status create() {
    auto made = Actor::create(*shard, setup());
    if (!made) return std::unexpected(made.error());
    actor = std::move(*made);
    return {};
  }
  /// A running actor whose init is done and durable.
  void start() {
    const Status created = create();
    ASSERT_TRUE(created) << created.error().message;
    settle();
    ASSERT_EQ(started, std::vector<std::string>{""});
    script.trace.clear();
  }
  void settle() {
    executor.run();
    log.make_all_durable();
    executor.run();
  }
  /// The node dies: memory is gone, of the log remains what was durable.
  Status crash_and_open() {
    const ActorId id = actor->identity().id;
    FakeHistory history(log, log.durable());
    actor.reset();
    shard.reset();
    script.queue.clear();
    script.trace.clear();
    started.clear();
    log.cut();
    shard = make_shard();
    TRY(auto image, history.take_image(id));
    TRY(actor, Actor::open(*shard, setup(), std::move(image)));
    return {};
  }
  std::string state() const { return std::string(as_text(actor->state())); }
  /// The kinds of the events from `from` on: "recv commit ...".
  std::string kinds(std::size_t from = 0) const {
    std::string text;
    for (std::size_t i = from; i < log.events().size(); ++i) {
      text += fmt::format("{}{}", text.empty() ? "" : " ",
                          chain::kind_name(log.events()[i].record.kind));
    }
    return text;
  }
  const chain::Record& last() const { return log.events().back().record; }
};

struct ActorFixture : ::testing::Test, ActorWorld {};

}  // namespace theater::actor::testing
