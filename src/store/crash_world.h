// For tests: a node's store under seeded work, power cuts and failing calls, with the oracle that
// remembers what was durable.
#pragma once

#include <algorithm>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/store_fixture.h"
#include "store/verify.h"

namespace theater::store {

/// Actors with states and snapshots, components, indexes; lives that end somewhere in between.
class StoreCrashWorld : public StoreFixture {
 public:
  explicit StoreCrashWorld(std::uint64_t seed) : StoreFixture(seed), dice(seed * 7919 + 1) {
    options.log.segment_bytes = 16 * 1024;
    options.log.batch_bytes_max = 8 * 1024;
    options.index_bytes = 2 * options.log.segment_bytes;
  }

  /// Some work. An operation that fails ends it.
  void work(std::uint64_t rounds) {
    try {
      for (std::uint64_t i = 0; i < rounds && !store->log().failed(); ++i) {
        act();
        step_all();
        remember();
      }
    } catch (const std::bad_expected_access<Error>&) {
      step_all();  // a call failed: the process that meets this ends
    }
    actors_.clear();
  }

  /// After a start: what was durable is there, everything verifies, every actor can be restored.
  /// What the start found it vouches for: that is durable from now on.
  Status check() {
    TRY(const auto report, verify(disk, root, {}));
    if (report.bad) {
      return fail(Code::kCorrupt, "{} at byte {}: {}", report.bad->location.file,
                  report.bad->location.offset, report.bad->reason);
    }
    for (auto& [actor, known] : durable_) {
      const ActorSummary* const summary = store->history().find(actor);
      if (summary == nullptr) return fail(Code::kCorrupt, "actor {} is lost", actor.hex());
      if (summary->head.next < known.next) {
        return fail(Code::kCorrupt, "event {} of actor {} is lost", known.next.value - 1,
                    actor.hex());
      }
      TRY(const ActorImage image, store->history().take_image(actor));
      if (image.summary.head.next == known.next && as_text(image.state.bytes()) != known.state) {
        return fail(Code::kCorrupt, "actor {} has another state", actor.hex());
      }
      if (!image.bad_snapshots.empty()) return fail(Code::kCorrupt, "{}", image.bad_snapshots[0]);
      known = {image.summary.head.next, std::string(as_text(image.state.bytes()))};
    }
    return {};
  }

  /// The power goes; what is unsynced survives by the dice.
  void cut_power() {
    actors_.clear();
    store.reset();
    const std::uint64_t mood = below(4);
    disk.clear_faults();
    disk.crash([&](std::uint64_t) { return mood == 0 ? false : mood == 1 ? true : below(2) == 0; });
  }

  /// Lives that each end in a power cut; the first thing that went wrong.
  Status live_and_lose_power(int cuts) {
    for (int cut = 0; cut <= cuts; ++cut) {
      TRY_OK(open());
      TRY_OK(check());
      work(1 + below(25));
      if (below(3) == 0) TRY_OK(die_and_live_on());
      cut_power();
    }
    TRY_OK(open());
    return check();
  }

  std::uint64_t below(std::uint64_t bound) { return dice.next() % bound; }

  io::SeededRandom dice;

 private:
  struct Known {
    Seq next;
    std::string state;
  };

  /// Some call is the last that the process makes; the next one goes on with what it finds.
  Status die_and_live_on() {
    disk.fail_from(disk.calls() + below(60), io::DiskFault::kError);
    work(20);
    kill();
    disk.clear_faults();
    TRY_OK(open());
    TRY_OK(check());
    work(below(3));
    return {};
  }

  void act() {
    if (actors_.empty() || (actors_.size() < 3 && below(8) == 0)) {
      actors_.push_back(std::make_unique<TestActor>(*this, dice.next()));
      return;
    }
    TestActor& actor = *actors_[below(actors_.size())];
    const std::uint64_t choice = below(12);
    if (choice == 0) {
      (void)store->components().put(as_bytes(std::to_string(dice.next()))).value();
    } else if (choice < 3) {
      actor.snapshot("part");
    } else {
      const char letter = static_cast<char>('a' + below(26));
      actor.invoke(std::string(1 + below(below(4) == 0 ? 9000 : 200), letter));
    }
  }

  void remember() {
    if (store->log().undurable_bytes() > 0) return;
    for (const auto& actor : actors_) {
      durable_[actor->id()] = {actor->chain().head().next,
                               std::string(as_text(actor->state.bytes()))};
    }
  }

  std::vector<std::unique_ptr<TestActor>> actors_;
  std::map<ActorId, Known> durable_;
};

}  // namespace theater::store
