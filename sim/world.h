// World: one seed, from an empty disk to the last audit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/memory/memory_disk.h"
#include "sim/audit.h"
#include "sim/life.h"
#include "sim/peers.h"
#include "sim/quotas.h"

namespace theater::sim {

struct RunOptions {
  std::uint64_t seed = 0;
  Bug bug = Bug::kNone;
  enum class Trace : std::uint8_t { kOff, kOn } trace = Trace::kOff;
};

struct RunReport {
  std::optional<std::string> failure;  // the first broken invariant
  std::vector<Digest> heads;           // of the final chains
  std::uint64_t lives = 0, events = 0;
};

/// Plays one seed. The same seed gives the same report.
RunReport play(const Stage& stage, const RunOptions& options);

/// See play.
class World final : private PerformObserver {
 public:
  World(const Stage& stage, const RunOptions& options);
  RunReport run();

 private:
  /// How a life ends.
  enum class End : std::uint8_t { kPowerCut, kFailure, kOrderly };

  /// A file whose content was changed behind the node's back.
  struct Spoilt {
    std::string path;
    Bytes good, bad;
  };

  Status run_all();
  Status run_life();
  Status run_last_life();
  Status start(std::uint64_t attempts_max);
  Bytes spoil(ByteSpan good);
  std::optional<Spoilt> spoil_index();
  Status restore_index(const Spoilt& index);
  void plan_node();
  void plant_bug();
  void change_plan();
  std::string manifest_of(const std::string& name);
  bool raise_quotas();

  // The schedule (schedule.cc).
  void step();
  void act();
  void check_quotas();
  void advance();
  void disturb();
  void meddle();
  bool run_ready();
  Status come_to_rest();
  Status stop_in_order();

  // Ends.
  void arm_fault();
  void fill_disk();
  void spoil_snapshots();
  void cut_power();
  Status audit_now(Extent extent);
  void trace(const std::string& text);
  void on_perform(const Witness& witness, const Performed& performed) override;
  void on_repeat(const Witness& witness, Seq record) override;
  void check_presence(const Witness& witness, Seq cause);

  const Stage& stage_;
  const RunOptions options_;
  Chance chance_;
  io::SeededRandom random_;
  io::ManualClock clock_;
  io::MemoryDisk disk_;
  Trouble trouble_;
  Messages messages_;
  Quotas quotas_;
  NodePlan plan_;
  std::vector<Witness> witnesses_;
  std::vector<std::uint32_t> weights_;  // of the schedule, for this life
  std::unique_ptr<Life> life_;
  std::optional<Peers> peers_;
  std::optional<Error> broken_;  // found in the middle of a step
  std::uint64_t presence_checks_ = 0, repeat_checks_ = 0;
  std::uint64_t capacity_ = 0;  // of the disk
  bool is_fault_armed_ = false;
  bool is_cut_wanted_ = false;
  bool jumps_ = false;  // the wall clock does, in this seed
  RunReport report_;
};

}  // namespace theater::sim
