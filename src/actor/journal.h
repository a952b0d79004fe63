// Journal: where an invocation records what happens. Live it appends to the chain; in replay it
// compares with it. EventDraft is what both are told.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "actor/event_batch.h"
#include "actor/limits.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/actor_chain.h"
#include "chain/attachment.h"
#include "chain/event.h"
#include "chain/hash.h"

namespace theater::actor {

/// Bytes to be recorded; the journal adds the salt. Borrowed for the append.
struct PayloadDraft {
  ByteSpan bytes;
  chain::TypeHint type;
  const EventOrigin* origin = nullptr;  // of an input that was recorded before
};

struct OutputDraft {
  chain::OutputClass output_class{};
  std::uint64_t target = 0;
  PayloadDraft payload;
};

/// An event before it has salts, place and time.
struct EventDraft {
  chain::Kind kind{};
  std::optional<Seq> invocation;
  std::string_view name;
  std::span<const PayloadDraft> inputs;
  std::span<const PayloadDraft> payloads;
  std::span<const OutputDraft> outputs;
  std::optional<ByteSpan> delta;
  std::optional<Digest> state_root;
  std::optional<std::int64_t> outcome;
  std::optional<std::uint64_t> fuel;
  chain::Body body;
  const Salt* salt = nullptr;  // of the only payload, if its giver wants to know it
};

/// The text of a trap(limit) whose call found the actor's log used up, and more than that. No
/// repetition reaches it.
inline constexpr std::string_view kLogSpentText =
    "a host call could not be recorded: the actor's log is used up (limits.log_max)";

/// One actor's. An error ends the actor (live: the log refused) or the replay (a divergence).
class Journal {
 public:
  virtual ~Journal() = default;
  virtual Result<chain::Appended> append(const EventDraft& draft) = 0;
  /// Whether an invocation that has recorded much has to give way before it goes on: too much waits
  /// for the disk, or the disk is short of room.
  virtual bool must_rest() { return false; }
  /// The salt of the state that the invocation's commit may bring.
  virtual Salt state_salt() = 0;
};

/// Turns a draft into a record draft and its attachments. Reused, so that steady work allocates
/// nothing; what it built lives until the next build and as long as the draft's bytes.
class RecordBuilder {
 public:
  /// `next_salt()` gives the salts, in the order of the attachments.
  template <typename NextSalt>
  const chain::RecordDraft& build(const EventDraft& draft, NextSalt&& next_salt);
  std::span<const chain::Attachment> attachments() const { return attachments_; }

 private:
  void clear();
  /// A commitment without its digest, which commit_all adds.
  chain::PayloadCommitment add(const PayloadDraft& payload, const Salt& salt);
  chain::Input add_again(const PayloadDraft& input);
  /// All payloads at once: two side by side are hashed in little more time than one.
  void commit_all();
  void fill(const EventDraft& draft);

  chain::RecordDraft record_;
  std::vector<chain::Attachment> attachments_;
  std::vector<chain::Input> inputs_;
  std::vector<chain::PayloadCommitment> payloads_;
  std::vector<chain::Output> outputs_;
  std::vector<chain::SaltedBytes> salted_;  // one for each input, payload and output
  std::vector<Digest> digests_;
};

template <typename NextSalt>
const chain::RecordDraft& RecordBuilder::build(const EventDraft& draft, NextSalt&& next_salt) {
  clear();
  for (const PayloadDraft& input : draft.inputs) {
    const Salt salt = next_salt();
    inputs_.push_back(input.origin == nullptr ? chain::Input{add(input, salt), std::nullopt}
                                              : add_again(input));
  }
  for (const PayloadDraft& payload : draft.payloads) {
    payloads_.push_back(add(payload, draft.salt == nullptr ? next_salt() : *draft.salt));
  }
  if (draft.delta) attachments_.push_back(chain::Attachment::delta(*draft.delta));
  for (const OutputDraft& output : draft.outputs) {
    outputs_.push_back({output.output_class, output.target, add(output.payload, next_salt())});
  }
  commit_all();
  fill(draft);
  return record_;
}

}  // namespace theater::actor
