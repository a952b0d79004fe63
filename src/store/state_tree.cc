// Comparing, hashing and patching states.
#include "store/state_tree.h"

#include <algorithm>
#include <cstring>

#include "chain/hash.h"
#include "chain/limits.h"

namespace theater::store {
namespace {

using chain::Delta;

constexpr std::size_t kKeptBytesMax = 64 * 1024;  // of a change that was recorded

/// The chunks of `next` that `state` has not got at the same place, added to `changed`.
void find_changed(ByteSpan state, ByteSpan next, std::vector<Delta::Chunk>& changed) {
  const std::size_t count = chain::chunk_count(next.size());
  for (std::size_t index = 0; index < count; ++index) {
    const std::size_t begin = index * chain::kChunkBytes;
    const ByteSpan chunk = next.subspan(begin, chain::chunk_length(next.size(), index));
    const bool had = begin < state.size() &&
                     chain::chunk_length(state.size(), index) == chunk.size() &&
                     std::memcmp(state.data() + begin, chunk.data(), chunk.size()) == 0;
    if (!had) changed.push_back({index, chunk});
  }
}

/// Gives the memory of a change back. `changed` is empty between changes.
void release_change(std::vector<Delta::Chunk>& changed, Bytes& encoded) {
  changed.shrink_to_fit();
  Bytes().swap(encoded);
}

void patch(Bytes& state, const Delta& delta) {
  state.resize(delta.length);
  for (const Delta::Chunk& chunk : delta.chunks) {
    std::ranges::copy(chunk.bytes, state.data() + chunk.index * chain::kChunkBytes);
  }
}

}  // namespace

StateTree::StateTree() : root_(chain::empty_state_root()) {}

Result<std::optional<StateChange>> StateTree::update(ByteSpan next, const Salt& salt) {
  if (next.size() > chain::kStateBytesMax) {
    return fail(Code::kTooLarge, "a state of {} bytes, at most {} are allowed", next.size(),
                chain::kStateBytesMax);
  }
  find_changed(state_, next, changed_);
  if (changed_.empty() && next.size() == state_.size()) return std::optional<StateChange>{};
  Delta delta{salt, next.size(), std::move(changed_)};
  TRY_OK(chain::apply_delta(delta, chunks_));
  patch(state_, delta);
  salt_ = salt;
  root_ = chain::state_root(salt, next.size(), chunks_.root());
  chain::encode_delta(delta, encoded_);
  changed_ = std::move(delta.chunks);
  changed_.clear();
  return std::optional<StateChange>(StateChange{root_, encoded_});
}

void StateTree::forget_change() {
  if (encoded_.capacity() > kKeptBytesMax) release_change(changed_, encoded_);
}

Status StateTree::apply(ByteSpan bytes) {
  TRY(const Delta delta, chain::decode_delta(bytes));
  TRY_OK(chain::apply_delta(delta, chunks_));
  patch(state_, delta);
  salt_ = delta.salt;
  root_ = chain::state_root(salt_, delta.length, chunks_.root());
  return {};
}

void StateTree::release_memory() {
  state_.shrink_to_fit();
  release_change(changed_, encoded_);
  chunks_.release_memory();
}

void StateTree::restore(Bytes state, const Salt& salt) {
  state_ = std::move(state);
  salt_ = salt;
  chunks_ = {};
  chunks_.resize(chain::chunk_count(state_.size()));
  for (std::size_t index = 0; index < chunks_.chunks(); ++index) {
    const ByteSpan chunk = ByteSpan(state_).subspan(index * chain::kChunkBytes,
                                                    chain::chunk_length(state_.size(), index));
    chunks_.set(index, chain::chunk_hash(index, chunk));
  }
  root_ = chain::state_root(salt_, state_.size(), chunks_.root());
}

}  // namespace theater::store
