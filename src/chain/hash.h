// SHA-256 and the labelled hashes of the chain: leaves, payloads, pages, chunks, roots, links.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "chain/event.h"

namespace theater::chain {

/// An incremental SHA-256. A value; cheap to make. Any thread, one at a time.
class Sha256 {
 public:
  Sha256();
  Sha256& update(ByteSpan bytes);
  Sha256& update(std::string_view label_with_zero);
  Sha256& update_be64(std::uint64_t number);
  Digest finish();  // ends the object's use

 private:
  std::uint32_t state_[8];
  std::uint64_t bytes_ = 0;
  std::uint8_t block_[64];
};

Digest sha256(ByteSpan bytes);
/// "sha-ni" or "openssl": which implementation this machine uses.
std::string_view sha256_implementation();

/// SHA-256(0x00, record): the record's place in every hash of the chain.
Digest leaf_hash(ByteSpan record);
/// As leaf_hash, of bytes whose first is already the 0x00.
Digest leaf_hash_prefixed(ByteSpan zero_and_record);

/// What a payload commitment is made of.
struct SaltedBytes {
  Salt salt;
  ByteSpan bytes;
};
/// The digest of a payload commitment: salt, length and bytes under their label.
Digest payload_digest(const Salt& salt, ByteSpan bytes);
/// Those of many, two at a time side by side, which costs little more than one. `digests` has a
/// place for each.
void payload_digests(std::span<const SaltedBytes> payloads, std::span<Digest> digests);
PayloadCommitment commit_payload(const Salt& salt, ByteSpan bytes, const TypeHint& type);
/// The hint of a canonical structural type ("tuple<list<u8>,string>").
TypeHint type_hint(std::string_view canonical_type);

/// Bytes with what is needed to commit to them. Made by make_payload.
struct Payload {
  Bytes bytes;
  Salt salt;
  PayloadCommitment commitment;
};
Payload make_payload(Bytes bytes, const Salt& salt, const TypeHint& type);

/// Of a page of inputs or outputs, and of a snapshot's manifest.
Digest page_hash(ByteSpan bytes);

Digest chunk_hash(std::uint64_t index, ByteSpan bytes);
Digest chunk_node_hash(const Digest& left, const Digest& right);
/// `tree_root` is that of the chunks; SHA-256 of nothing for an empty state.
Digest state_root(const Salt& salt, std::uint64_t length, const Digest& tree_root);
/// The root before the first commit: length 0, salt zero.
const Digest& empty_state_root();

using BatchLink = StrongBytes<struct BatchLinkTag, 16>;
struct BatchPlace {
  std::uint64_t number = 0;
  Lsn first_lsn;
};
/// `leaves` are the batch's leaf hashes, one after another, in lsn order.
BatchLink batch_link(const BatchLink& previous, const BatchPlace& place, ByteSpan leaves);

/// First 16 bytes of SHA-256 of the encoded genesis body.
ActorId actor_id(const GenesisBody& genesis);

}  // namespace theater::chain
