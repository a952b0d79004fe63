// OperationPort: what an actor may ask of the operations that its families run for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actor/event_batch.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "chain/event_body.h"

namespace theater::actor {

struct FamilyInfo;

/// Where an operation is, as guests see it; in the order of the WIT enum `phase`.
enum class OperationPhase : std::uint8_t {
  kQueued,
  kRunning,
  kDone,
  kFailed,
  kCancelled,
  kInterrupted
};
/// The lower-case word: "running".
std::string_view operation_phase_word(OperationPhase phase);

struct OperationStatus {
  OperationPhase phase = OperationPhase::kQueued;
  std::uint64_t bytes = 0;             // moved so far
  std::optional<std::uint64_t> total;  // of so many, where that is known
};

/// An operation as people are told about it; or a host function that the guest waits for, whose id
/// is the seq of its host-req.
struct OperationView {
  enum class What : std::uint8_t { kOperation, kWait };
  What what = What::kOperation;
  OperationId id;
  const FamilyInfo* family = nullptr;
  std::size_t function = 0;  // in FamilyInfo::calls
  ByteSpan arguments;        // of the call that started it; until its actor runs again
  OperationStatus status;
  std::uint64_t attempt = 1;
  WallTime since;
  std::optional<WallTime> deadline;
};

/// A request from outside that the actor has begun and not finished, as people are told about it.
struct RequestView {
  std::uint64_t id = 0;  // as the guest knows it
  const FamilyInfo* family = nullptr;
  std::string_view phase;  // "parked"
  std::string text;        // "GET /events"; of untrusted bytes
  WallTime since;
  std::optional<WallTime> deadline;
};

/// An `op` record to be: the operation was started again, or has ended with this event.
struct OperationNote {
  const FamilyInfo* family = nullptr;
  OperationId id;
  chain::OperationPhase phase{};
  std::uint64_t attempt = 1;
  std::optional<ByteSpan> event;  // the last one, in canonical binary form
};

/// An `op` record of the history, at a restart.
struct OperationPast {
  chain::OperationBody body;
  ByteSpan event;  // of a terminal record
  EventOrigin origin;
};

/// The operations of one family, or of all families of one actor. On the actor's shard.
class OperationPort {
 public:
  virtual ~OperationPort() = default;

  /// Nothing: there is no such operation, or its last event has been handled.
  virtual std::optional<OperationStatus> status(OperationId id) const = 0;
  /// Appends those whose last event was not handled yet.
  virtual void pending(std::vector<OperationId>& ids) const = 0;
  /// Bytes of a result that the host keeps. kNotFound: there is none (any more); kInvalid: the
  /// result is shorter than `offset`.
  virtual Result<Bytes> collect(OperationId id, std::uint64_t offset,
                                std::uint64_t bytes_max) const = 0;

  /// Effects, performed once their commit is durable. Unknown ids are ignored: it may have ended.
  virtual void more(OperationId id, std::uint64_t credit) = 0;
  virtual void cancel(OperationId id) = 0;

  /// The invocation that took its last event has ended for good.
  virtual void delivered(OperationId id) = 0;

  /// The record that it is done again is durable: its work may begin (CHAIN-1). Unknown ids are
  /// ignored: it may have ended.
  virtual void begin_again(OperationId id) = 0;

  /// Restart: what the history says after the snapshot. Starts come by fold_effect.
  virtual Status fold_record(const OperationPast& past) = 0;
  virtual void fold_more(OperationId id, std::uint64_t credit) = 0;
  virtual void fold_cancel(OperationId id) = 0;
  virtual void fold_delivered(OperationId id) = 0;

  /// Appends every operation that is not handled yet.
  virtual void list(std::vector<OperationView>& views) const = 0;
};

}  // namespace theater::actor
