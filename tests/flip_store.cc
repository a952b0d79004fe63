// Every single-bit flip of a data directory is found by verify, which names where it is.
//
//   flip_store DATA
//
// Flips, in memory and one at a time, each bit that says something and samples of the zeros behind
// the end of the log. Derived files (lock, cache) are left out: nothing depends on them. Prints one
// line and exits 0 if none was overlooked and each was named right, else 1.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "flipped_files.h"
#include "store/actor_history.h"
#include "store/verify.h"

namespace theater::tests {
namespace {

constexpr std::uint64_t kZerosKept = 4096;    // behind the last byte that is not zero
constexpr std::uint64_t kZeroStep = 997'951;  // between samples of the zeros: odd, so it drifts
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

  /// Learns where each event stands; refuses a directory that is not good to begin with.
  Status prepare() {
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
    const Bytes& bytes = files_.contents()[files_.root() + "/" + event.location.file];
    const std::uint64_t begin = event.location.offset;
    extents_[event.location.file].push_back(
        {begin, begin + read_u32(bytes, begin), event.record.link.actor, event.record.link.seq});
  }

  /// First the zeros behind the end, by samples; then, without most of them, each bit.
  void flip_file(const std::string& name, Bytes& bytes) {
    std::uint64_t used = bytes.size();
    while (used > 0 && bytes[used - 1] == 0) --used;
    for (std::uint64_t offset = used; offset < bytes.size(); offset += kZeroStep) {
      flip(name, bytes, offset * 8 + offset % 8);
    }
    const std::uint64_t whole = bytes.size();
    bytes.resize(std::min(whole, (used + kZerosKept) / kZerosKept * kZerosKept));
    for (std::uint64_t bit = 0; bit < used * 8; ++bit) flip(name, bytes, bit);
    bytes.resize(whole, 0);
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
