// For tests: a log under seeded work, power cuts and faults, with the oracle that remembers what
// was acknowledged.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "chain/codec.h"
#include "chain/log_fixture.h"
#include "chain/verify_log.h"

namespace theater::chain {

/// Runs seeded rounds of appends, steps and pauses. After a crash `check` says what was lost.
class CrashWorld : public LogFixture {
 public:
  explicit CrashWorld(std::uint64_t seed) : LogFixture(seed), dice(seed * 7919 + 1) {
    options.segment_bytes = 32 * 1024;
    options.batch_bytes_max = 8 * 1024;
    options.reserve = Reserve::kNone;
  }

  /// Opens the log and finds the chains' ends in it. The error of the first thing that fails.
  Status start() {
    actors.clear();
    TRY_OK(open());
    TRY(const auto heads, read_heads());
    for (const auto& [id, head] : heads) {
      actors.push_back(std::make_unique<ActorChain>(*log, ShardIndex{0}, clock, head));
    }
    if (actors.empty()) actors.push_back(create(1));
    return {};
  }

  /// Some work. Stops early when the log fails.
  void work(std::uint64_t rounds) {
    for (std::uint64_t i = 0; i < rounds && !log->failed(); ++i) {
      const std::uint64_t choice = below(20);
      if (choice < 10) {
        append_something();
      } else if (choice < 16) {
        (void)log->step();
      } else if (choice == 16) {
        clock.advance(kSealAfterIdle);
        (void)log->step();
      } else {
        clock.advance(std::chrono::milliseconds(below(12)));
      }
      remember_acknowledged();
    }
  }

  void append_something() {
    const bool grow = actors.size() < 4 && below(30) == 0;
    if (grow && try_create(10 + actors.size() + 100 * below(1'000'000))) return;
    ActorChain& actor = *actors[below(actors.size())];
    const std::size_t sizes[] = {1, 50, 700, 5000};
    const auto done = overflow(actor, 1 + below(below(8) == 0 ? 30 : 2), sizes[below(4)]);
    if (done) appended[done->lsn] = done->leaf;
  }

  /// What the log has vouched for so far.
  void remember_acknowledged() { acknowledged = std::max(acknowledged, log->durable()); }

  /// After recovery: everything acknowledged is there, as it was appended.
  Status check() {
    TRY(const auto reader, LogReader::open(disk, directory, ReadUpTo::kEnd));
    Lsn last{0};
    for (;;) {
      TRY(const Frame* const frame, reader->next());
      if (frame == nullptr) break;
      last = frame->lsn;
      TRY_OK(check_frame(*reader, *frame));
    }
    if (last < acknowledged) {
      return fail(Code::kCorrupt, "lsn {} was acknowledged, the log ends at {}", acknowledged.value,
                  last.value);
    }
    // What was appended and not found is forgotten: its lsns will be used again.
    std::erase_if(appended, [&](const auto& entry) { return entry.first > last; });
    return {};
  }

  /// Every stored byte, as `theater verify` looks at it.
  Status verify() {
    TRY(const VerifyReport report, verify_log());
    if (report.good()) return {};
    return fail(Code::kCorrupt, "{} at byte {}: {}", report.bad->location.file,
                report.bad->location.offset, report.bad->reason);
  }

  /// Lives that each end in a power cut, in the middle of things: the first thing that went wrong.
  /// Counts ends that left a torn batch in `torn`.
  Status live_and_lose_power(int cuts, int* torn = nullptr) {
    for (int cut = 0; cut <= cuts; ++cut) {
      TRY_OK(start());
      const auto& crash = recovery.after_crash;
      if (torn != nullptr && crash && crash->bytes_cut > 0) ++*torn;
      TRY_OK(check());
      TRY_OK(verify());
      // From some call on nothing works any more.
      disk.fail_from(disk.calls() + below(100),
                     below(2) == 0 ? io::DiskFault::kTornWrite : io::DiskFault::kSyncLeavesClean);
      work(1 + below(80));
      if (below(3) == 0) TRY_OK(die_and_live_on());
      cut_power();
    }
    TRY_OK(open());
    TRY_OK(check());
    return verify();
  }

  /// The power goes; each unsynced sector and name survives by the dice.
  void cut_power() {
    log.reset();
    actors.clear();
    const std::uint64_t mood = below(4);  // nothing, everything, or a mixture survives
    disk.clear_faults();
    disk.crash([&](std::uint64_t) { return mood == 0 ? false : mood == 1 ? true : below(2) == 0; });
  }

  std::uint64_t below(std::uint64_t bound) { return dice.next() % bound; }

  io::SeededRandom dice;
  std::vector<std::unique_ptr<ActorChain>> actors;
  std::map<Lsn, Digest> appended;
  Lsn acknowledged{0};

 private:
  /// The process ends, the disk keeps what it shows; the next one vouches for all that it finds.
  Status die_and_live_on() {
    kill();
    disk.clear_faults();
    TRY_OK(start());
    TRY_OK(check());
    remember_acknowledged();
    work(below(6));
    return {};
  }

  Status check_frame(LogReader& reader, const Frame& frame) {
    const auto expected = appended.find(frame.lsn);
    if (expected != appended.end() &&
        leaf_hash_prefixed(frame.zero_and_record) != expected->second) {
      return fail(Code::kCorrupt, "lsn {} is another event than was appended", frame.lsn.value);
    }
    Record record;
    TRY_OK(reader.decode(frame, record));
    for (std::size_t i = 0; i < record.inputs.size(); ++i) {
      const std::size_t at = i + (record.input_page ? 1 : 0);
      TRY(const AttachmentBytes bytes, reader.resolve(frame, at, &record.inputs[i].payload));
      if (payload_digest(bytes.salt, bytes.bytes) != record.inputs[i].payload.digest) {
        return fail(Code::kCorrupt, "lsn {} has lost a payload", frame.lsn.value);
      }
    }
    return {};
  }

  bool try_create(std::uint64_t number) {
    const GenesisBody body = genesis(number);
    auto actor =
        std::make_unique<ActorChain>(*log, ShardIndex{0}, clock, ActorChain::head_of_new(body));
    RecordDraft draft{Kind::kGenesis};
    draft.body = body;
    const Attachment attachment = Attachment::payload(salt(number), as_bytes(manifest));
    const auto done = actor->append(draft, std::span(&attachment, 1));
    if (!done) return false;
    appended[done->lsn] = done->leaf;
    actors.push_back(std::move(actor));
    return true;
  }

  Result<std::map<ActorId, ActorChain::Head>> read_heads() {
    std::map<ActorId, ActorChain::Head> heads;
    TRY(const auto reader, LogReader::open(disk, directory, ReadUpTo::kEnd));
    Record record;
    for (;;) {
      TRY(const Frame* const frame, reader->next());
      if (frame == nullptr) return heads;
      TRY_OK(reader->decode(*frame, record));
      heads[record.link.actor] = {record.link.actor, record.link.seq.next(),
                                  leaf_hash(frame->record), record.link.time_us};
    }
  }
};

}  // namespace theater::chain
