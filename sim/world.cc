// World: the plan of a node, its lives, and how they end.
#include "sim/world.h"

#include <algorithm>

#include "store/log_index.h"
#include "store/verify.h"

namespace theater::sim {
namespace {

constexpr std::uint64_t kPresenceChecksMax = 4;
constexpr std::uint64_t kFaultCallsMax = 80;
constexpr std::uint64_t kCapacity = std::uint64_t{1} << 40;

}  // namespace

RunReport play(const Stage& stage, const RunOptions& options) {
  World world(stage, options);
  return world.run();
}

World::World(const Stage& stage, const RunOptions& options)
    : stage_(stage),
      options_(options),
      chance_(options.seed),
      random_(options.seed ^ 0x5eed),
      disk_(kCapacity),
      trouble_(options.bug),
      messages_(chance_),
      quotas_(options.seed ^ 0x9007a) {
  capacity_ = kCapacity;
  plan_node();
  plant_bug();
}

/// The bugs of the disk; the others are planted where they strike.
void World::plant_bug() {
  disk_.ignore_syncs([this](const std::string& path, io::MemoryDisk::SyncOf of) {
    if (of == io::MemoryDisk::SyncOf::kNames || !path.contains("/log/")) return false;
    if (path.contains("/pay-")) return trouble_.strikes(Bug::kSkippedPaySync);
    return path.contains("/seg-") && trouble_.strikes(Bug::kSkippedSync);
  });
}

// The plan.

void World::plan_node() {
  plan_.shards = chance_.between(1, 2);
  plan_.log.segment_bytes = 16 * 1024 << chance_.below(4);
  plan_.log.batch_bytes_max = chance_.one_in(2) ? 8 * 1024 : 15 * 1024;
  plan_.log.shard_queue_bytes = 1024 * 1024;
  plan_.index_bytes = plan_.log.segment_bytes * chance_.between(1, 4);
  plan_.log.reserve = chance_.one_in(2) ? chain::Reserve::kKeep : chain::Reserve::kNone;
  jumps_ = chance_.one_in(5);
  const std::size_t actors = chance_.between(1, 3);
  for (std::size_t i = 0; i < actors; ++i) {
    const std::string name = fmt::format("ledger-{}", i);
    plan_.actors.push_back({name, manifest_of(name), chance_.below(plan_.shards), quotas_.draw()});
    witnesses_.push_back({name, {}, {}});
  }
}

std::string World::manifest_of(const std::string& name) {
  constexpr std::string_view kModes[] = {"resident", "resident", "fresh"};
  constexpr std::string_view kOnError[] = {"keep", "keep", "restart", "restart", "stop"};
  constexpr std::string_view kIdle[] = {"30ms", "500ms", "60s"};
  constexpr std::string_view kPolicies[] = {"pause", "refuse"};
  // Long enough, a guest that hangs outlasts a task of its shard: what happens then happens to it.
  constexpr std::string_view kDeadlines[] = {"25ms", "25ms", "1s"};
  constexpr std::uint64_t kBatches[] = {1, 3, 16, 256};
  return fmt::format(
      "name = \"{}\"\ncomponent = \"ledger.wasm\"\ninstance = \"{}\"\non_error = \"{}\"\n"
      "[limits]\nfuel = 20000000\ndeadline = \"{}\"\nidle = \"{}\"\n"
      "[mailbox]\nbatch = {}\n"
      "[supervision]\nintensity = {}\nwindow = \"1s\"\nbackoff_min = \"10ms\"\n"
      "backoff_max = \"200ms\"\n"
      "[grants.runtime]\n[grants.timer]\n[grants.process]\n[grants.filesystem]\n"
      "[grants.websocket-server]\nitems = {}\npolicy = \"{}\"\n",
      name, kModes[chance_.below(3)], kOnError[chance_.below(5)], kDeadlines[chance_.below(3)],
      kIdle[chance_.below(3)], kBatches[chance_.below(4)], chance_.between(1, 20),
      chance_.between(4, 40), kPolicies[chance_.below(2)]);
}

/// Between two lives somebody may edit a manifest or move an actor to another shard.
void World::change_plan() {
  for (ActorPlan& actor : plan_.actors) {
    if (chance_.one_in(5)) {
      actor.manifest = manifest_of(actor.name);
      actor.log_max = quotas_.draw();
    }
    actor.shard = chance_.below(plan_.shards);
  }
}

/// Whoever was held up in the last life goes on; whether there was anybody.
bool World::raise_quotas() {
  if (!quotas_.has_held_up()) return false;
  trace("no quotas any more");
  for (ActorPlan& actor : plan_.actors) actor.log_max = actor::kNoLogMax;
  return true;
}

// Lives.

RunReport World::run() {
  Status status = run_all();
  if (broken_) status = std::unexpected(*broken_);
  if (!status) report_.failure = status.error().message;
  life_.reset();
  return std::move(report_);
}

Status World::run_all() {
  const std::uint64_t lives = chance_.between(2, 4);
  for (std::uint64_t i = 0; i < lives; ++i) {
    TRY_OK(run_life());
    change_plan();
  }
  TRY_OK(run_last_life());
  if (raise_quotas()) TRY_OK(run_last_life());
  TRY(report_.heads, audit_replay(disk_, stage_));
  return {};
}

/// Either a byte of it rots, or it is whole and does not fit the log.
Bytes World::spoil(ByteSpan good) {
  if (chance_.one_in(4)) {
    if (auto index = store::decode_index(good); index && !index->actors.empty()) {
      Seq& next = index->actors.front()->summary.head.next;
      next = next.next();
      return store::encode(*index);
    }
  }
  Bytes bad = to_bytes(good);
  bad[chance_.below(bad.size())] ^= static_cast<std::uint8_t>(1 << chance_.below(8));
  return bad;
}

/// Once in a while the index is not what it was: it is derived, so the node starts without it.
/// Verify names it.
std::optional<World::Spoilt> World::spoil_index() {
  if (!chance_.one_in(4)) return std::nullopt;
  for (const std::string& path : disk_.files()) {
    if (!path.contains("/index/") || path.ends_with(".tmp")) continue;
    Spoilt index{path, disk_.content(path), {}};
    if (index.good.empty()) continue;
    index.bad = spoil(index.good);
    trace(path + " is spoilt");
    disk_.set_content(path, index.bad);
    return index;
  }
  return std::nullopt;
}

Status World::restore_index(const Spoilt& index) {
  if (disk_.content(index.path) == index.bad) {
    TRY(const auto report, store::verify(disk_, std::string(kDataRoot), {}));
    if (report.good() || !report.bad->location.file.contains("index/")) {
      return fail(Code::kInternal, "CHAIN-4: verify does not name {}, which is spoilt", index.path);
    }
  }
  if (!disk_.exists(index.path) || disk_.content(index.path) == index.bad) {
    disk_.set_content(index.path, index.good);
  }
  return {};
}

/// Starts the node. A fault that is armed may stop it several times; then the power goes and it
/// starts again.
Status World::start(std::uint64_t attempts_max) {
  const std::optional<Spoilt> index = is_fault_armed_ ? std::nullopt : spoil_index();
  for (std::uint64_t attempt = 1;; ++attempt) {
    ++report_.lives;
    auto life =
        Life::start({stage_, disk_, clock_, random_, chance_, plan_, witnesses_, trouble_, *this});
    if (life) {
      life_ = std::move(*life);
      peers_.emplace(*life_, chance_, messages_);
      quotas_.begin_life(plan_.actors.size());
      trace("start");
      if (index) TRY_OK(restore_index(*index));
      return chance_.one_in(3) && !is_fault_armed_ ? audit_now(Extent::kPrefix) : Status{};
    }
    trace("start failed: " + life.error().message);
    if (!is_fault_armed_) return fail_in(life.error(), "a start on a good disk");
    cut_power();
    if (attempt == attempts_max) return {};
  }
}

Status World::run_life() {
  if (chance_.one_in(messages_.is_large() ? 3 : 6)) arm_fault();
  TRY_OK(start(3));
  if (!life_) return {};
  weights_ = {30, 8, static_cast<std::uint32_t>(chance_.one_in(4) ? 2 : 10), 12, 5, 2};
  const auto end = static_cast<End>(chance_.below(3));
  const std::uint64_t steps = chance_.between(30, 350);
  const std::uint64_t fault_at = end == End::kFailure ? chance_.below(steps) : steps;
  for (std::uint64_t i = 0; i < steps && !broken_ && !is_cut_wanted_; ++i) {
    if (life_->log().failed()) break;
    if (i == fault_at) arm_fault();
    step();
  }
  if (broken_) return std::unexpected(*broken_);
  const bool is_good = !life_->log().failed() && !is_fault_armed_ && !is_cut_wanted_;
  if (end == End::kOrderly && is_good) {
    if (chance_.one_in(2)) TRY_OK(come_to_rest());
    return stop_in_order();
  }
  cut_power();
  return audit_now(Extent::kPrefix);
}

Status World::run_last_life() {
  TRY_OK(start(1));
  weights_ = {30, 8, 10, 12, 5, 0};
  for (std::uint64_t i = 0; i < 60 && !broken_; ++i) step();
  if (broken_) return std::unexpected(*broken_);
  TRY_OK(come_to_rest());
  return stop_in_order();
}

// Ends.

/// Somewhere in the next calls of the disk something goes wrong, once or for ever.
void World::arm_fault() {
  using enum io::DiskFault;
  constexpr io::DiskFault kFaults[] = {kError,     kNoSpace,   kShort,          kInterrupted,
                                       kTornWrite, kTornWrite, kSyncDropsPages, kSyncDropsPages};
  const std::uint64_t call = disk_.calls() + chance_.below(kFaultCallsMax);
  const io::DiskFault fault = kFaults[chance_.below(std::size(kFaults))];
  trace(fmt::format("fault {} at call {}", static_cast<int>(fault), call));
  disk_.clear_faults();
  is_fault_armed_ = true;
  if (chance_.one_in(messages_.is_large() ? 2 : 8)) return spoil_snapshots();
  if (chance_.one_in(5)) return fill_disk();
  if (fault == kInterrupted || chance_.one_in(2)) {
    disk_.fail_call(call, fault);
  } else {
    disk_.fail_from(call, fault);
  }
}

/// From now on there is little room.
void World::fill_disk() {
  const std::uint64_t free = *disk_.free_bytes("");
  const std::uint64_t used = capacity_ - free;
  capacity_ = used + chance_.below(4 * plan_.log.segment_bytes);
  trace(fmt::format("the disk holds {} bytes, {} are used", capacity_, used));
  disk_.set_capacity(capacity_);
}

/// From now on no snapshot can be written whole. The node goes on; whatever lies there half written
/// is somebody's to remove in the next life.
void World::spoil_snapshots() {
  using enum io::DiskFault;
  constexpr io::DiskFault kFaults[] = {kTornWrite, kError, kNoSpace};
  const io::DiskFault fault = kFaults[chance_.below(std::size(kFaults))];
  trace(fmt::format("fault {} of every snapshot", static_cast<int>(fault)));
  disk_.fail_writes_of("/snapshots/", fault);
}

/// The power goes, or only the process: then all that was written survives.
void World::cut_power() {
  constexpr std::uint64_t kOdds[] = {1, 2, 8};  // a sector is lost once in so many
  const std::uint64_t mode = chance_.below(5);
  trace(fmt::format("power cut {}", mode));
  disk_.crash([&](std::uint64_t) {
    if (mode == 3) return true;
    return mode == 4 ? chance_.one_in(8) : !chance_.one_in(kOdds[mode]);
  });
  disk_.clear_faults();
  capacity_ = kCapacity;
  disk_.set_capacity(capacity_);
  is_fault_armed_ = false;
  is_cut_wanted_ = false;
  peers_.reset();
  life_.reset();
}

Status World::audit_now(Extent extent) {
  std::vector<Expectation> actors;
  for (std::size_t i = 0; i < witnesses_.size(); ++i) {
    Expectation& expected = actors.emplace_back(&witnesses_[i]);
    if (extent == Extent::kPrefix || !life_ || life_->has_ended(i)) continue;
    expected.extent = extent;
    if (!life_->is_held_up(i)) continue;
    expected.extent = Extent::kHeldUp;
    expected.waiting = life_->sockets(i).waiting();
  }
  return audit(disk_, actors);
}

Status World::stop_in_order() {
  trace("stop");
  life_->stop_all();
  for (std::uint64_t i = 0; i < 1000 && !life_->all_ended(); ++i) {
    while (run_ready()) {
    }
    const auto next = life_->next_timer();
    if (next) clock_.advance(*next);
  }
  if (!life_->all_ended()) return fail(Code::kInternal, "END-1: an actor does not stop");
  while (run_ready()) {
  }
  TRY_OK(life_->finish());
  TRY_OK(audit_now(Extent::kPrefix));
  peers_.reset();
  life_.reset();
  return {};
}

void World::on_perform(const Witness& witness, const Performed& performed) {
  ++report_.events;
  if (chance_.one_in(40)) is_cut_wanted_ = true;
  if (presence_checks_ >= kPresenceChecksMax || !chance_.one_in(10) || broken_) return;
  ++presence_checks_;
  check_presence(witness, performed.seq);
}

void World::on_repeat(const Witness& witness, Seq record) {
  if (broken_ || repeat_checks_ >= kPresenceChecksMax) return;
  ++repeat_checks_;
  check_presence(witness, record);
}

/// CHAIN-1 at the very moment: were the power to go now with nothing unsynced left, the event that
/// caused the output would be there.
void World::check_presence(const Witness& witness, Seq cause) {
  const auto synced = disk_.synced_copy();
  const Status present = audit_presence(*synced, witness.id, cause);
  if (!present) broken_ = present.error();
}

void World::trace(const std::string& text) {
  if (options_.trace == RunOptions::Trace::kOn) fmt::print("{}\n", text);
}

}  // namespace theater::sim
