// For tests: a node's store on a memory disk, and actors that invoke nothing but write like actors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "chain/hash.h"
#include "io/manual_clock.h"
#include "io/memory/memory_disk.h"
#include "store/node_chain.h"
#include "store/node_store.h"

namespace theater::store {

struct StoreFixture {
  explicit StoreFixture(std::uint64_t seed = 1) : random(seed) {
    options.log.segment_bytes = 32 * 1024;
    options.log.batch_bytes_max = 16 * 1024;
    options.log.shard_queue_bytes = 512 * 1024;
    options.log.reserve = chain::Reserve::kNone;
  }

  Status open() {
    TRY(store, NodeStore::open(disk, root, options, clock, random));
    return {};
  }
  void step_all() {
    while (store->log().step() == chain::StepOutcome::kWrote) {
    }
  }
  void close() {
    CHECK(store->log().stop().has_value(), "a good disk");
    store.reset();
  }
  void kill() { store.reset(); }

  std::vector<std::string> snapshot_files() const {
    std::vector<std::string> found;
    for (const std::string& path : disk.files()) {
      if (path.ends_with(".snap")) found.push_back(path);
    }
    return found;
  }
  Salt salt() {
    Salt fresh;
    random.fill(fresh.bytes);
    return fresh;
  }

  io::MemoryDisk disk;
  io::ManualClock clock;
  io::SeededRandom random;
  NodeStoreOptions options;
  const std::string root = "/data";
  std::string manifest = "name = \"test\"\n";
  std::unique_ptr<NodeStore> store;
};

/// Writes what an actor writes: genesis, then recv and commit for each invocation.
class TestActor {
 public:
  TestActor(StoreFixture& world, std::uint64_t number) : world_(world) {
    chain::GenesisBody body;
    const Salt manifest_salt = world.salt();
    body.component = world.store->components().put(as_bytes("component")).value();
    body.manifest =
        chain::commit_payload(manifest_salt, as_bytes(world.manifest), chain::type_hint("string"));
    store_le(body.nonce.bytes.data(), number);
    chain_ = std::make_unique<chain::ActorChain>(world.store->log(), chain::ShardIndex{0},
                                                 world.clock, chain::ActorChain::head_of_new(body));
    chain::RecordDraft draft{chain::Kind::kGenesis};
    draft.body = body;
    const auto attachment = chain::Attachment::payload(manifest_salt, as_bytes(world.manifest));
    (void)chain_->append(draft, std::span(&attachment, 1)).value();
  }

  const ActorId& id() const { return chain_->actor(); }
  chain::ActorChain& chain() { return *chain_; }

  chain::Appended receive(std::string_view event = "event") {
    const Salt salt = world_.salt();
    const chain::Input input{
        chain::commit_payload(salt, as_bytes(event), chain::type_hint("string")), std::nullopt};
    const auto attachment = chain::Attachment::payload(salt, as_bytes(event));
    chain::RecordDraft draft{chain::Kind::kReceive};
    draft.inputs = std::span(&input, 1);
    draft.name = "theater:actor/timer-handler@0.1.0#handle-events";
    return chain_->append(draft, std::span(&attachment, 1)).value();
  }
  chain::Appended commit(Seq invocation, const std::string& next) {
    const chain::Appended appended = commit_quietly(invocation, next);
    world_.step_all();
    return appended;
  }
  /// The same, for a log that another thread drives.
  chain::Appended commit_quietly(Seq invocation, const std::string& next) {
    const auto change = state.update(as_bytes(next), world_.salt()).value();
    chain::RecordDraft draft{chain::Kind::kCommit, invocation};
    draft.state_root = state.root();
    draft.outcome = 0;
    std::vector<chain::Attachment> attachments;
    if (change) attachments.push_back(chain::Attachment::delta(change->delta));
    const chain::Appended appended = chain_->append(draft, attachments).value();
    last_lsn_ = appended.lsn;
    return appended;
  }
  Lsn last_lsn() const { return last_lsn_; }
  /// recv and commit; the commit's seq.
  Seq invoke(const std::string& next) { return commit(receive().seq, next).seq; }

  void snapshot(std::string_view actor_part) {
    const Seq covered{chain_->head().next.value - 1};
    const auto body =
        world_.store->snapshots().write(id(), covered, state, as_bytes(actor_part)).value();
    chain::RecordDraft draft{chain::Kind::kSnapshot};
    draft.state_root = state.root();
    draft.body = body;
    (void)chain_->append(draft).value();
    world_.step_all();
  }

  StateTree state;

 private:
  StoreFixture& world_;
  std::unique_ptr<chain::ActorChain> chain_;
  Lsn last_lsn_;
};

}  // namespace theater::store
