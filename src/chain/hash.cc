// SHA-256 over whole and partial blocks, and the labelled hashes built on it.
#include "chain/hash.h"

#include <algorithm>
#include <cstring>

#include "chain/block_hash.h"
#include "chain/codec.h"

namespace theater::chain {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr std::size_t kBlock = 64;

Sha256Blocks choose_blocks() {
  return has_sha_instructions() ? sha256_blocks_x86 : sha256_blocks_openssl;
}

void run_blocks(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count) {
  static const Sha256Blocks chosen = choose_blocks();
  chosen(state, blocks, count);
}

Digest to_digest(const std::uint32_t* state) {
  Digest digest;
  for (std::size_t i = 0; i < 8; ++i) {
    store_le<std::uint32_t>(digest.bytes.data() + 4 * i, __builtin_bswap32(state[i]));
  }
  return digest;
}

void run_pair(const Sha256Lane& first, const Sha256Lane& second, std::size_t count) {
  static const bool at_once = has_sha_instructions();
  if (at_once) return sha256_pair_x86(first, second, count);
  run_blocks(first.state, first.blocks, count);
  run_blocks(second.state, second.blocks, count);
}

/// Hashes the last bytes of a message: `rest` is under one block.
Digest finish_blocks(std::uint32_t* state, ByteSpan rest, std::uint64_t total_bytes) {
  std::uint8_t tail[2 * kBlock] = {};
  if (!rest.empty()) std::memcpy(tail, rest.data(), rest.size());
  tail[rest.size()] = 0x80;
  const std::size_t blocks = rest.size() + 9 <= kBlock ? 1 : 2;
  store_be64(tail + blocks * kBlock - 8, total_bytes * 8);
  run_blocks(state, tail, blocks);
  return to_digest(state);
}

/// A payload under its label as whole blocks, few of them copied: its first bytes with what stands
/// before them, then bytes as they lie in memory, then the rest with its padding. A short one is
/// copied whole.
class PaddedMessage {
 public:
  explicit PaddedMessage(const SaltedBytes& payload) : rest_(payload.bytes) {
    std::memcpy(state_, kInitial, sizeof state_);
    put(as_bytes(kLabel));
    put(payload.salt.span());
    store_be64(copied_ + used_, payload.bytes.size());
    used_ += 8;
    const std::uint64_t total = used_ + payload.bytes.size();
    if (total + 9 > sizeof copied_) {
      take(kBlock - used_);
      add_copied(1);
      add({rest_.data(), rest_.size() / kBlock});
      rest_ = rest_.last(rest_.size() % kBlock);
    }
    take(rest_.size());
    pad(total);
  }
  PaddedMessage(const PaddedMessage&) = delete;

  /// Blocks that come next and lie side by side; 0: all are hashed.
  std::size_t next_blocks() const { return at_ < parts_ ? part_[at_].count : 0; }
  Sha256Lane lane() { return {state_, part_[at_].blocks}; }
  void pass(std::size_t count) {
    part_[at_].blocks += count * kBlock;
    part_[at_].count -= count;
    if (part_[at_].count == 0) ++at_;
  }
  Digest digest() {
    for (std::size_t count; (count = next_blocks()) > 0; pass(count)) {
      run_blocks(state_, lane().blocks, count);
    }
    return to_digest(state_);
  }

 private:
  static constexpr std::string_view kLabel = "theater/payload/v1\0"sv;
  static constexpr std::size_t kCopiedBlocks = 6;
  struct Part {
    const std::uint8_t* blocks;
    std::size_t count;
  };
  void put(ByteSpan bytes) {
    std::memcpy(copied_ + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  void take(std::size_t count) {
    if (count > 0) put(rest_.first(count));
    rest_ = rest_.subspan(count);
  }
  void add(const Part& part) {
    if (part.count > 0) part_[parts_++] = part;
  }
  void add_copied(std::size_t count) {
    add({copied_ + begun_, count});
    begun_ += count * kBlock;
  }
  void pad(std::uint64_t total) {
    const std::size_t end = (used_ + 9 + kBlock - 1) / kBlock * kBlock;
    std::memset(copied_ + used_, 0, end - used_);
    copied_[used_] = 0x80;
    store_be64(copied_ + end - 8, total * 8);
    add_copied((end - begun_) / kBlock);
  }

  std::uint32_t state_[8];
  ByteSpan rest_;  // not yet in a part
  std::uint8_t copied_[kCopiedBlocks * kBlock];
  std::size_t used_ = 0, begun_ = 0;  // bytes of copied_ that are filled, that stand in a part
  Part part_[3];
  std::size_t parts_ = 0, at_ = 0;
};

/// As far as the shorter one goes.
void run_side_by_side(PaddedMessage& first, PaddedMessage& second) {
  for (;;) {
    const std::size_t count = std::min(first.next_blocks(), second.next_blocks());
    if (count == 0) return;
    run_pair(first.lane(), second.lane(), count);
    first.pass(count);
    second.pass(count);
  }
}

}  // namespace

Sha256::Sha256() { std::memcpy(state_, kInitial, sizeof state_); }

Sha256& Sha256::update(ByteSpan bytes) {
  if (bytes.empty()) return *this;
  const std::size_t held = bytes_ % kBlock;
  bytes_ += bytes.size();
  if (held > 0) {
    const std::size_t part = std::min(kBlock - held, bytes.size());
    std::memcpy(block_ + held, bytes.data(), part);
    bytes = bytes.subspan(part);
    if (held + part < kBlock) return *this;
    run_blocks(state_, block_, 1);
  }
  run_blocks(state_, bytes.data(), bytes.size() / kBlock);
  const ByteSpan rest = bytes.last(bytes.size() % kBlock);
  if (!rest.empty()) std::memcpy(block_, rest.data(), rest.size());
  return *this;
}

Sha256& Sha256::update(std::string_view label_with_zero) {
  return update(as_bytes(label_with_zero));
}

Sha256& Sha256::update_be64(std::uint64_t number) {
  std::uint8_t bytes[8];
  store_be64(bytes, number);
  return update(ByteSpan(bytes));
}

Digest Sha256::finish() { return finish_blocks(state_, ByteSpan(block_, bytes_ % kBlock), bytes_); }

Digest sha256(ByteSpan bytes) {
  std::uint32_t state[8];
  std::memcpy(state, kInitial, sizeof state);
  run_blocks(state, bytes.data(), bytes.size() / kBlock);
  return finish_blocks(state, bytes.last(bytes.size() % kBlock), bytes.size());
}

std::string_view sha256_implementation() { return has_sha_instructions() ? "sha-ni" : "openssl"; }

Digest leaf_hash(ByteSpan record) { return Sha256().update("\0"sv).update(record).finish(); }

Digest leaf_hash_prefixed(ByteSpan zero_and_record) { return sha256(zero_and_record); }

Digest payload_digest(const Salt& salt, ByteSpan bytes) {
  PaddedMessage message({salt, bytes});
  return message.digest();
}

void payload_digests(std::span<const SaltedBytes> payloads, std::span<Digest> digests) {
  for (; payloads.size() >= 2; payloads = payloads.subspan(2), digests = digests.subspan(2)) {
    PaddedMessage first(payloads[0]), second(payloads[1]);
    run_side_by_side(first, second);
    digests[0] = first.digest();
    digests[1] = second.digest();
  }
  if (!payloads.empty()) digests[0] = payload_digest(payloads[0].salt, payloads[0].bytes);
}

PayloadCommitment commit_payload(const Salt& salt, ByteSpan bytes, const TypeHint& type) {
  return {bytes.size(), payload_digest(salt, bytes), type};
}

Payload make_payload(Bytes bytes, const Salt& salt, const TypeHint& type) {
  const PayloadCommitment commitment = commit_payload(salt, bytes, type);
  return {std::move(bytes), salt, commitment};
}

TypeHint type_hint(std::string_view canonical_type) {
  const Digest digest =
      Sha256().update("theater/type/v1\0"sv).update(as_bytes(canonical_type)).finish();
  return TypeHint::from(digest.span().first(TypeHint::size()));
}

Digest page_hash(ByteSpan bytes) {
  return Sha256().update("theater/page/v1\0"sv).update(bytes).finish();
}

Digest chunk_hash(std::uint64_t index, ByteSpan bytes) {
  return Sha256().update("theater/chunk/v1\0"sv).update_be64(index).update(bytes).finish();
}

Digest chunk_node_hash(const Digest& left, const Digest& right) {
  return Sha256().update("theater/snode/v1\0"sv).update(left.span()).update(right.span()).finish();
}

Digest state_root(const Salt& salt, std::uint64_t length, const Digest& tree_root) {
  return Sha256()
      .update("theater/state/v1\0"sv)
      .update(salt.span())
      .update_be64(length)
      .update(tree_root.span())
      .finish();
}

const Digest& empty_state_root() {
  static const Digest root = state_root(Salt{}, 0, sha256({}));
  return root;
}

BatchLink batch_link(const BatchLink& previous, const BatchPlace& place, ByteSpan leaves) {
  const Digest digest = Sha256()
                            .update("theater/batch/v1\0"sv)
                            .update(previous.span())
                            .update_be64(place.number)
                            .update_be64(place.first_lsn.value)
                            .update(leaves)
                            .finish();
  return BatchLink::from(digest.span().first(BatchLink::size()));
}

ActorId actor_id(const GenesisBody& genesis) {
  const Digest digest = sha256(encode_genesis_body(genesis));
  return ActorId::from(digest.span().first(ActorId::size()));
}

}  // namespace theater::chain
