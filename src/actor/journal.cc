// RecordBuilder: commitments and attachments of an event.
#include "actor/journal.h"

namespace theater::actor {

void RecordBuilder::clear() {
  attachments_.clear();
  inputs_.clear();
  payloads_.clear();
  outputs_.clear();
  salted_.clear();
}

chain::PayloadCommitment RecordBuilder::add(const PayloadDraft& payload, const Salt& salt) {
  salted_.push_back({salt, payload.bytes});
  attachments_.push_back(chain::Attachment::payload(salt, payload.bytes));
  return {payload.bytes.size(), {}, payload.type};
}

/// Under the salt it had; large bytes are not stored twice.
chain::Input RecordBuilder::add_again(const PayloadDraft& input) {
  const EventOrigin& origin = *input.origin;
  const chain::PayloadCommitment commitment = add(input, origin.salt);
  if (input.bytes.size() > kStoredTwiceBytesMax) {
    attachments_.back() = chain::Attachment::elsewhere(commitment, origin.lsn);
  }
  return {commitment, origin.reference};
}

void RecordBuilder::commit_all() {
  digests_.resize(salted_.size());
  chain::payload_digests(salted_, digests_);
  const Digest* next = digests_.data();
  for (chain::Input& input : inputs_) input.payload.digest = *next++;
  for (chain::PayloadCommitment& payload : payloads_) payload.digest = *next++;
  for (chain::Output& output : outputs_) output.payload.digest = *next++;
}

void RecordBuilder::fill(const EventDraft& draft) {
  record_.kind = draft.kind;
  record_.invocation = draft.invocation;
  record_.inputs = inputs_;
  record_.name = draft.name;
  record_.payloads = payloads_;
  record_.state_root = draft.state_root;
  record_.outcome = draft.outcome;
  record_.fuel = draft.fuel;
  record_.body = draft.body;
  record_.outputs = outputs_;
}

}  // namespace theater::actor
