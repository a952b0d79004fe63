// ReplayNode: one actor of probe.wat on a real store, on a disk in memory, stepped by hand; what it
// recorded can be verified and replayed.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "actor/testing/actor_fixture.h"
#include "io/memory/memory_disk.h"
#include "replay/replay.h"
#include "replay/testing/settle_all.h"
#include "store/node_store.h"

namespace theater::replay::testing {

struct ReplayNode {
  explicit ReplayNode(std::uint64_t seed = 7) : random(seed) {
    options.log.segment_bytes = 4 << 20;
    options.log.reserve = chain::Reserve::kNone;
  }

  /// The store and a shard, without the actor.
  void open() {
    auto opened = store::NodeStore::open(disk, root, options, clock, random);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
    shard = std::make_unique<actor::Shard>(
        actor::ShardPorts{executor, clock, random, store->log(), {0}, worker});
  }
  actor::ActorSetup setup() {
    EXPECT_TRUE(store->components().put(wasm));
    auto manifest = actor::parse_manifest(manifest_text, "test.toml", "", {});
    EXPECT_TRUE(manifest) << manifest.error().message;
    return {*manifest, actor::testing::probe_program(set, wasm), set, &store->snapshots()};
  }
  /// A new actor; its init is done and durable.
  void start() {
    auto made = actor::Actor::create(*shard, setup());
    ASSERT_TRUE(made) << made.error().message;
    actor = std::move(*made);
    settle();
  }
  void settle() { settle_all(executor, *store); }
  void tell(std::string_view commands, std::uint64_t id = 1) {
    script.push(id, commands);
    settle();
  }
  /// The process ends; the disk keeps everything.
  void kill() {
    actor.reset();
    shard.reset();
    store.reset();
    executor.run();
    script.queue.clear();
  }
  /// Killed and started again, with the actor as it was.
  void restart() {
    kill();
    open();
    auto image = store->history().take_image(store->history().actors().at(0).actor);
    ASSERT_TRUE(image) << image.error().message;
    auto made = actor::Actor::open(*shard, setup(), std::move(*image));
    ASSERT_TRUE(made) << made.error().message;
    actor = std::move(*made);
    settle();
  }
  std::string state() const { return std::string(as_text(actor->state())); }

  std::unique_ptr<store::ActorHistory> history() {
    return *store::ActorHistory::open(disk, root, store::ActorHistory::Load::kSummaries);
  }
  Result<ReplayReport> replay(const ReplayOptions& how = {}) {
    const auto past = history();
    store::ComponentStore components(disk, store::NodeLayout{root}.components());
    return replay::replay({actor::testing::shared_engine(), *past, components, set.infos(), ""},
                          how);
  }

  const std::string root = "/data";
  io::MemoryDisk disk;
  io::ManualClock clock;
  io::SteppingExecutor executor{clock};
  io::SeededRandom random;
  store::NodeStoreOptions options;
  io::Worker* worker = nullptr;  // who writes snapshots; nullptr: the shard
  actor::testing::ProbeScript script;
  actor::testing::ProbeSet set{script};
  std::string manifest_text = "name = \"probe\"\ncomponent = \"x\"\n[grants.probe]\n";
  Bytes wasm = actor::testing::probe_wasm();
  std::unique_ptr<store::NodeStore> store;
  std::unique_ptr<actor::Shard> shard;
  std::unique_ptr<actor::Actor> actor;
};

/// Fails with both events of the first difference.
inline void expect_equal(const Result<ReplayReport>& report) {
  ASSERT_TRUE(report) << report.error().message;
  for (const ActorReplay& one : report->actors) {
    const auto& divergence = one.divergence;
    EXPECT_FALSE(divergence) << "seq " << divergence->seq.value << ": " << divergence->reason
                             << "\n"
                             << divergence->recorded << "\n--\n"
                             << divergence->recomputed;
  }
}

}  // namespace theater::replay::testing
