// Every single-bit flip of a data directory is found by verify, which names where it is.
//
//   flip_store DATA
//
// Flips, in memory and one at a time, each bit of each file. Segments are first cut to what is in
// use (their headers say so, rightly), which makes 64 MiB of zeros a few KiB. Of components and of
// files that hold nothing but zeros, samples do. Derived files (lock, cache) are left out: nothing
// depends on them. Prints one line and exits 0 if no flip was overlooked and each was named right.
#include <algorithm>
#include <cstdio>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "chain/log_format.h"
#include "flipped_files.h"
#include "store/actor_history.h"
#include "store/verify.h"

namespace theater::tests {
namespace {

constexpr std::uint64_t kZerosKept = 2048;  // behind the last byte that is not zero
constexpr std::uint64_t kSampleStep = 61;   // bits between samples
constexpr int kExamplesMax = 10;

/// The bytes of one event in a log file.
struct Extent {
  std::uint64_t begin = 0, end = 0;
  ActorId actor;
  Seq seq;
};

struct Tally {
  std::uint64_t flips = 0, undetected = 0, misnamed = 0;
};

std::uint32_t read_u32(const Bytes& bytes, std::uint64_t offset) {
  return bytes[offset] | bytes[offset + 1] << 8 | bytes[offset + 2] << 16 |
         std::uint32_t{bytes[offset + 3]} << 24;
}

class Flipper {
 public:
  explicit Flipper(FlippedFiles& files) : files_(files) {}

  /// Cuts the zeros, learns where each event stands; refuses what is not good to begin with.
  Status prepare() {
    for (auto& [path, bytes] : files_.contents()) TRY_OK(cut(path, bytes));
    TRY(const auto found, store::verify(files_, files_.root(), {}));
    if (found.bad) return fail(Code::kCorrupt, "bad before any flip: {}", found.bad->reason);
    TRY(const auto history,
        store::ActorHistory::open(files_, files_.root(), store::ActorHistory::Load::kSummaries));
    store::ActorHistory::Range all;
    all.resolve = store::ActorHistory::Resolve::kRecordsOnly;
    return history->for_each(all, [this](const store::StoredEvent& event) {
      note(event);
      return Result<store::ActorHistory::Visit>(store::ActorHistory::Visit::kContinue);
    });
  }

  Tally run() {
    for (auto& [path, bytes] : files_.contents()) {
      const std::string name = path.substr(files_.root().size() + 1);
      if (name == "lock" || name.starts_with("cache/")) continue;
      flip_file(name, bytes);
    }
    return tally_;
  }

 private:
  void note(const store::StoredEvent& event) {
    const Bytes& bytes = files_.contents()[files_.root() + "/" + event.location().file];
    const std::uint64_t begin = event.location().offset;
    extents_[event.location().file].push_back(
        {begin, begin + read_u32(bytes, begin), event.record.link.actor, event.record.link.seq});
  }

  /// Cuts the zeros behind the end of a segment, or of a file of zeros, to a few KiB.
  static Status cut(const std::string& path, Bytes& bytes) {
    const std::uint64_t used = used_bytes(bytes);
    if (used == 0 && bytes.size() > kZerosKept) bytes.resize(kZerosKept);
    if (!chain::segment_number(path.substr(path.rfind('/') + 1))) return {};
    const std::span<std::uint8_t, chain::kSegmentHeaderBytes> head(bytes.data(),
                                                                   chain::kSegmentHeaderBytes);
    TRY(auto header, chain::decode_segment_header(head));
    header.segment_bytes =
        std::max(chain::kSegmentBytesMin, chain::round_to_sector(used + kZerosKept));
    chain::encode(header, head);
    bytes.resize(header.segment_bytes);
    return {};
  }

  static std::uint64_t used_bytes(const Bytes& bytes) {
    std::uint64_t used = bytes.size();
    while (used > 0 && bytes[used - 1] == 0) --used;
    return used;
  }

  void flip_file(const std::string& name, Bytes& bytes) {
    const bool sampled = name.starts_with("components/") || used_bytes(bytes) == 0;
    const std::uint64_t step = sampled ? kSampleStep : 1;
    for (std::uint64_t bit = 0; bit < bytes.size() * 8; bit += step) flip(name, bytes, bit);
  }

  void flip(const std::string& name, Bytes& bytes, std::uint64_t bit) {
    const auto mask = static_cast<std::uint8_t>(1u << bit % 8);
    bytes[bit / 8] ^= mask;
    judge(name, bit, store::verify(files_, files_.root(), {}));
    bytes[bit / 8] ^= mask;
  }

  void judge(const std::string& name, std::uint64_t bit, const Result<chain::VerifyReport>& found) {
    ++tally_.flips;
    if (!found) return;  // refused as a whole, and says why
    if (!found->bad) {
      ++tally_.undetected;
      example("undetected", name, bit, "verify says good");
    } else if (const std::string wrong = wrong_name(name, bit / 8, *found->bad); !wrong.empty()) {
      ++tally_.misnamed;
      example("misnamed", name, bit, wrong + ": " + found->bad->reason);
    }
  }

  /// "" if the report points at the damage. Inside an event it must be that event.
  std::string wrong_name(const std::string& name, std::uint64_t offset,
                         const chain::BadEvent& bad) const {
    const auto extents = extents_.find(name);
    if (extents == extents_.end()) {
      return bad.location.file == name || bad.seq ? "" : "names " + bad.location.file;
    }
    if (bad.location.file != name) return "names " + bad.location.file;
    for (const Extent& event : extents->second) {
      if (offset < event.begin || offset >= event.end) continue;
      if (bad.location.offset < event.begin || bad.location.offset >= event.end) {
        return fmt::format("names offset {}", bad.location.offset);
      }
      if (bad.seq && (*bad.seq != event.seq || bad.actor != event.actor)) {
        return fmt::format("names seq {} for {}", bad.seq->value, event.seq.value);
      }
    }
    return "";
  }

  void example(const char* what, const std::string& name, std::uint64_t bit,
               const std::string& text) {
    if (examples_++ < kExamplesMax) {
      fmt::print("{}: {} byte {} bit {}: {}\n", what, name, bit / 8, bit % 8, text);
    }
  }

  FlippedFiles& files_;
  std::map<std::string, std::vector<Extent>> extents_;  // file -> events in order
  Tally tally_;
  int examples_ = 0;
};

int flip_all(const std::string& data) {
  auto files = FlippedFiles::load(data);
  if (!files) {
    fmt::print("{}\n", files.error().message);
    return 1;
  }
  Flipper flipper(**files);
  if (const Status ready = flipper.prepare(); !ready) {
    fmt::print("{}\n", ready.error().message);
    return 1;
  }
  const Tally tally = flipper.run();
  fmt::print("{} flips, {} undetected, {} misnamed\n", tally.flips, tally.undetected,
             tally.misnamed);
  return tally.undetected + tally.misnamed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace theater::tests

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print("usage: flip_store DATA\n");
    return 2;
  }
  return theater::tests::flip_all(arguments[1]);
}
