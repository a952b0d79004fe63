// The watermark: a small file that vouches for the end of the log.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "chain/hash.h"
#include "chain/limits.h"
#include "io/file.h"

namespace theater::chain {

enum class NodeState : std::uint32_t { kRunning = 0, kStopped = 1 };

/// What was durable when it was written. Compared with the log at start; never ahead of it.
struct Watermark {
  NodeState state = NodeState::kRunning;
  NodeId node;
  std::uint64_t turn = 0;  // rises by one; odd and even turns use different slots
  std::uint64_t epoch = 0;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  // behind the last durable batch
  Lsn lsn;                   // the last durable one; 0: none
  std::uint64_t number = 0;  // of the last durable batch; 0: none
  BatchLink link;            // of that batch
  bool operator==(const Watermark&) const = default;
};

void encode(const Watermark& watermark, std::span<std::uint8_t, kWatermarkSlotBytes> out);
Result<Watermark> decode_watermark(ByteSpan slot);

/// Both slots as they are in the file.
struct WatermarkSlots {
  enum class Slot : std::uint8_t {
    kEmpty,  // all zero
    kValid,
    kTorn,     // whole sectors of two writes: what a power cut leaves; `values` has its fields
    kDamaged,  // anything else
  };
  std::array<Slot, 2> slots{};
  std::array<Watermark, 2> values{};

  /// The newest valid one.
  std::optional<Watermark> newest() const;
};
/// kNotFound without the file; kCorrupt if its size is wrong.
Result<WatermarkSlots> read_watermark(io::FileSystem& files, const std::string& directory);

/// The writing end. The file is made, durably, before the log's first segment. The newest slot is
/// written and synced again when it is opened: the next write goes over the other one, and a
/// process that ended before its sync would leave neither to a power cut.
class WatermarkFile {
 public:
  static Result<std::unique_ptr<WatermarkFile>> open(io::FileSystem& files,
                                                     const std::string& directory);
  /// Writes the slot of the next turn and syncs it.
  Status write(Watermark watermark);

 private:
  explicit WatermarkFile(std::unique_ptr<io::File> file) : file_(std::move(file)) {}
  /// Writes the slot of its turn and syncs it.
  Status store(const Watermark& watermark);

  std::unique_ptr<io::File> file_;
  std::uint64_t turn_ = 0;  // of the last one written
};

}  // namespace theater::chain
