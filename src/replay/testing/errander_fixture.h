// ErranderFixture: one actor of the guest "errander" (tests/errander) on a real store, on a disk in
// memory, stepped by hand; what it recorded can be verified and replayed.
#pragma once

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "actor/actor.h"
#include "host/fake_actor.h"
#include "host/testing/errands.h"
#include "hosts/operation/family.h"
#include "io/memory/memory_disk.h"
#include "replay/replay.h"
#include "replay/testing/settle_all.h"
#include "store/node_store.h"
#include "store/verify.h"
#include "wasm/engine.h"

#ifdef THEATER_ERRANDER  // the guest needs wasm-tools

namespace theater::replay::testing {

using host::testing::ErrandFamily;
using host::testing::Errands;
using Lines = std::vector<std::string>;

inline wasm::Engine& engine() {
  static const auto made = *wasm::Engine::create({.allocation = wasm::Allocation::kOnDemand});
  return *made;
}

inline Bytes guest() {
  std::ifstream file(THEATER_ERRANDER, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return to_bytes(as_bytes(bytes));
}

/// Compiled once for all tests.
inline const std::shared_ptr<const wasm::Component>& component() {
  static const auto loaded = *wasm::Component::load(engine(), guest(), "");
  return loaded;
}

/// The errands and the operation family.
class Set final : public actor::FamilySet {
 public:
  Set(Errands& errands, const host::Services& services)
      : errand_(errands), operation_(hosts::operation::make_family()), services_(services) {}
  std::span<const actor::FamilyInfo* const> infos() const override { return infos_; }
  Status check_grant(std::size_t family, const actor::Setting& grant) const override {
    return get(family).check_grant(grant);
  }
  Result<std::unique_ptr<actor::FamilyInstance>> create(std::size_t family,
                                                        const actor::Setting& grant,
                                                        actor::ActorPort& actor) const override {
    return get(family).create(grant, {services_, actor});
  }

 private:
  const host::Family& get(std::size_t family) const {
    return family == 0 ? static_cast<const host::Family&>(errand_) : *operation_;
  }
  ErrandFamily errand_;
  std::unique_ptr<host::Family> operation_;
  const host::Services& services_;
  std::vector<const actor::FamilyInfo*> infos_{&errand_.info(), &operation_->info()};
};

/// One actor on a real store, on a disk in memory.
struct ErranderFixture : ::testing::Test {
  std::unique_ptr<io::MemoryDisk> disk = std::make_unique<io::MemoryDisk>();
  host::FakeShard shard;
  Errands errands;
  Set set{errands, shard.services};
  Bytes wasm = guest();
  std::unique_ptr<store::NodeStore> store;
  std::unique_ptr<actor::Shard> home;
  std::unique_ptr<actor::Actor> actor;
  bool has_ended = false;

  ErranderFixture() { open(); }
  ~ErranderFixture() override { kill_node(); }
  void open() {
    store::NodeStoreOptions options;
    options.log.segment_bytes = 2 << 20;
    options.log.reserve = chain::Reserve::kNone;
    store = *store::NodeStore::open(*disk, "/data", options, shard.clock, shard.random);
    home = std::make_unique<actor::Shard>(
        actor::ShardPorts{shard.executor, shard.clock, shard.random, store->log(), {0}});
  }
  actor::ActorSetup setup() {
    EXPECT_TRUE(store->components().put(wasm));
    auto program = actor::Program::link(component(), {set.infos(), {true, false}, "test.toml"});
    EXPECT_TRUE(program) << program.error().message;
    actor::ActorSetup made{
        *actor::parse_manifest("name = \"errander\"\ncomponent = \"x\"\n[grants.errand]\n",
                               "test.toml", "", {}),
        *program, set, &store->snapshots()};
    made.on_ended = [this] { has_ended = true; };
    return made;
  }
  void start() {
    auto made = actor::Actor::create(*home, setup());
    ASSERT_TRUE(made) << made.error().message;
    actor = std::move(*made);
    settle();
  }
  void settle() { settle_all(shard.executor, *store); }
  void kill_node() {
    actor.reset();
    shard.executor.run();  // tasks that would reach what is gone
    home.reset();
    store.reset();
    errands.take();
    errands.begun.clear();
    errands.tickets.clear();
  }
  void restart() {
    come_back();
    settle();
  }
  /// The node starts again; nothing that it records is durable yet.
  void come_back() {
    kill_node();
    open();
    auto image = store->history().take_image(store->history().actors().at(0).actor);
    ASSERT_TRUE(image) << image.error().message;
    auto made = actor::Actor::open(*home, setup(), std::move(*image));
    ASSERT_TRUE(made) << made.error().message;
    actor = std::move(*made);
  }
  host::testing::ErrandInstance& it() { return *errands.instance; }
  void hear(const std::string& line) { it().hear(line); }
  void tell(const std::string& line) {
    hear(line);
    settle();
  }
  std::string state() const { return std::string(as_text(actor->state())); }

  /// Every event of the actor as one word; an op as "op:done", a recv that refers as "recv*".
  Lines kinds() {
    Lines lines;
    for_each([&](const store::StoredEvent& event) {
      std::string line(chain::kind_name(event.record.kind));
      if (const auto* body = std::get_if<chain::OperationBody>(&event.record.body)) {
        line += fmt::format(":{}", operation_phase_name(body->phase));
      }
      for (const auto& input : event.record.inputs) {
        if (input.reference) line += "*";
      }
      lines.push_back(line);
    });
    return lines;
  }
  template <typename F>
  void for_each(F see) {
    const auto history =
        *store::ActorHistory::open(*disk, "/data", store::ActorHistory::Load::kSummaries);
    ASSERT_TRUE(history->for_each(
        {}, [&](const store::StoredEvent& event) -> Result<store::ActorHistory::Visit> {
          if (!history->node() || event.record.link.actor != history->node()->actor) see(event);
          return store::ActorHistory::Visit::kContinue;
        }));
  }
  std::size_t count(std::string_view word) {
    const Lines all = kinds();
    return static_cast<std::size_t>(std::ranges::count(all, word));
  }
  /// The chain as it lies on the disk verifies, and replays equal, without the families.
  void check_chain() {
    const auto verified = store::verify(*disk, "/data", {});
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_FALSE(verified->bad) << verified->bad->reason;
    const auto history =
        *store::ActorHistory::open(*disk, "/data", store::ActorHistory::Load::kSummaries);
    store::ComponentStore components(*disk, store::NodeLayout{"/data"}.components());
    const auto begun = errands.log.size();
    const auto report = replay({engine(), *history, components, set.infos(), ""}, {});
    ASSERT_TRUE(report) << report.error().message;
    for (const ActorReplay& one : report->actors) {
      ASSERT_FALSE(one.divergence)
          << one.divergence->seq.value << ": " << one.divergence->reason << "\n"
          << one.divergence->recorded << "\n--\n"
          << one.divergence->recomputed;
      EXPECT_EQ(one.state_root, actor->status().state_root);
    }
    EXPECT_EQ(errands.log.size(), begun) << "REPLAY-1";
  }
};

}  // namespace theater::replay::testing

#endif
