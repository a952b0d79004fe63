// ActorChain: the writing end of one actor's chain.
#pragma once

#include <cstdint>
#include <span>

#include "base/ids.h"
#include "base/result.h"
#include "chain/attachment.h"
#include "chain/event.h"
#include "chain/log_writer.h"
#include "io/clock.h"

namespace theater::chain {

/// Where an appended event stands. Durable once LogWriter::durable() has reached `lsn`.
struct Appended {
  Seq seq;
  Digest leaf;
  Lsn lsn;
  std::uint64_t bytes = 0;  // it takes in the log
};

/// Adds id, seq, previous hash and time to each draft, encodes and hashes it, and hands it to the
/// log. Owned by its actor; lives on the actor's shard and is called on that thread only. Appends
/// of one actor stand in the log in the order of the calls. An append that fails leaves the chain
/// as it was. `log` and `clock` outlive it.
class ActorChain {
 public:
  /// The end of a chain so far.
  struct Head {
    ActorId actor;
    Seq next;                   // seq of the event to come
    Digest last;                // leaf hash of the event before it; zeros before genesis
    std::uint64_t time_us = 0;  // of that event
    std::uint64_t bytes = 0;    // that the chain takes in the log, pay files included
  };

  ActorChain(LogWriter& log, ShardIndex shard, const io::Clock& clock, const Head& head)
      : log_(log), shard_(shard), clock_(clock), head_(head) {}

  /// The head of a new actor: its id follows from its genesis body.
  static Head head_of_new(const GenesisBody& genesis);

  const ActorId& actor() const { return head_.actor; }
  const Head& head() const { return head_; }

  /// Appends one event. `attachments`: see Attachment. kInvalid: the draft breaks a rule of its
  /// kind; kTooLarge: over a bound of the format; kFull: the shard's queue is full; kNoSpace: the
  /// disk is; kIo: the log has failed.
  Result<Appended> append(const RecordDraft& draft, std::span<const Attachment> attachments = {});

 private:
  LogWriter& log_;
  ShardIndex shard_;
  const io::Clock& clock_;
  Head head_;
};

}  // namespace theater::chain
