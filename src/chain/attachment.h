// Attachment: bytes stored beside a record, which the record commits to.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/ids.h"
#include "chain/event.h"
#include "chain/hash.h"

namespace theater::chain {

enum class AttachmentClass : std::uint8_t { kPayload = 1, kPage = 2, kDelta = 3 };
enum class AttachmentPlace : std::uint8_t {
  kHere = 0,       // in the frame
  kPay = 1,        // in the pay file of the same segment number
  kElsewhere = 2,  // in an earlier frame, under the same commitment
  kRemoved = 3,    // redacted
};

/// What an append stores beside its record. Borrows the bytes until append returns.
///
/// The order is that of the commitments in the record: one attachment for each input, then the
/// manifest or each payload of key 9, then the delta (a commit that changed the state), then one
/// for each output. Pages are made by append itself.
struct Attachment {
  AttachmentClass attachment_class = AttachmentClass::kPayload;
  Salt salt;                  // of a payload stored here
  ByteSpan bytes;             // stored here
  std::optional<Lsn> stored;  // or: already stored under the same commitment by this frame
  std::uint64_t length = 0;   // of the payload stored elsewhere

  static Attachment payload(const Payload& payload) {
    return {AttachmentClass::kPayload, payload.salt, payload.bytes, std::nullopt,
            payload.bytes.size()};
  }
  static Attachment payload(const Salt& salt, ByteSpan bytes) {
    return {AttachmentClass::kPayload, salt, bytes, std::nullopt, bytes.size()};
  }
  static Attachment elsewhere(const PayloadCommitment& commitment, Lsn frame) {
    return {AttachmentClass::kPayload, {}, {}, frame, commitment.length};
  }
  static Attachment delta(ByteSpan delta) {
    return {AttachmentClass::kDelta, {}, delta, std::nullopt, delta.size()};
  }
};

}  // namespace theater::chain
