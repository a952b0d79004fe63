// The evidence rule: what the first place without the expected batch means. One table.
#pragma once

#include <array>
#include <cstdint>

namespace theater::chain {

/// What stands where the next batch is expected.
enum class BatchState : std::uint8_t {
  kOk,          // the expected batch
  kTorn,        // nothing, or bytes that are no batch
  kOtherEpoch,  // a whole batch, but not the next one: left over from before
};

enum class Evidence : std::uint8_t { kNo, kYes };

enum class Verdict : std::uint8_t {
  kAccept,   // go on behind it
  kTorn,     // the log ends here: what follows was never acknowledged
  kCorrupt,  // a batch that was acknowledged is missing: cut and write nothing
};

struct EvidenceCase {
  BatchState batch;
  Evidence later_batch;     // of this segment with durable_upto beyond, or a later segment
  Evidence watermark_past;  // the watermark, or the index, vouches for more
  Evidence checkpoint_covers;
  Verdict verdict;
};

/// All 24 cases, in the order of their fields' values.
inline constexpr std::array<EvidenceCase, 24> kEvidenceTable = [] {
  using enum BatchState;
  using enum Evidence;
  constexpr auto accept = Verdict::kAccept, torn = Verdict::kTorn, corrupt = Verdict::kCorrupt;
  return std::array<EvidenceCase, 24>{{
      {kOk, kNo, kNo, kNo, accept},
      {kOk, kNo, kNo, kYes, accept},
      {kOk, kNo, kYes, kNo, accept},
      {kOk, kNo, kYes, kYes, accept},
      {kOk, kYes, kNo, kNo, accept},
      {kOk, kYes, kNo, kYes, accept},
      {kOk, kYes, kYes, kNo, accept},
      {kOk, kYes, kYes, kYes, accept},
      {BatchState::kTorn, kNo, kNo, kNo, torn},
      {BatchState::kTorn, kNo, kNo, kYes, corrupt},
      {BatchState::kTorn, kNo, kYes, kNo, corrupt},
      {BatchState::kTorn, kNo, kYes, kYes, corrupt},
      {BatchState::kTorn, kYes, kNo, kNo, corrupt},
      {BatchState::kTorn, kYes, kNo, kYes, corrupt},
      {BatchState::kTorn, kYes, kYes, kNo, corrupt},
      {BatchState::kTorn, kYes, kYes, kYes, corrupt},
      {kOtherEpoch, kNo, kNo, kNo, torn},
      {kOtherEpoch, kNo, kNo, kYes, corrupt},
      {kOtherEpoch, kNo, kYes, kNo, corrupt},
      {kOtherEpoch, kNo, kYes, kYes, corrupt},
      {kOtherEpoch, kYes, kNo, kNo, corrupt},
      {kOtherEpoch, kYes, kNo, kYes, corrupt},
      {kOtherEpoch, kYes, kYes, kNo, corrupt},
      {kOtherEpoch, kYes, kYes, kYes, corrupt},
  }};
}();

struct EvidenceFacts {
  BatchState batch = BatchState::kTorn;
  Evidence later_batch = Evidence::kNo;
  Evidence watermark_past = Evidence::kNo;
  Evidence checkpoint_covers = Evidence::kNo;
};

constexpr Verdict judge(const EvidenceFacts& facts) {
  const auto bit = [](Evidence evidence) { return static_cast<std::size_t>(evidence); };
  return kEvidenceTable[8 * static_cast<std::size_t>(facts.batch) + 4 * bit(facts.later_batch) +
                        2 * bit(facts.watermark_past) + bit(facts.checkpoint_covers)]
      .verdict;
}

}  // namespace theater::chain
