// The tree over chunk hashes, and deltas.
#include "chain/chunk_tree.h"

#include <algorithm>

#include "chain/hash.h"
#include "chain/limits.h"

namespace theater::chain {
namespace {

// A delta: salt, u64 length, u32 chunks, then u32 index and bytes of each.
constexpr std::size_t kDeltaHeader = Salt::size() + 8 + 4;

}  // namespace

std::size_t chunk_count(std::uint64_t length) { return (length + kChunkBytes - 1) / kChunkBytes; }

std::size_t chunk_length(std::uint64_t length, std::size_t index) {
  const std::uint64_t begin = std::uint64_t{index} * kChunkBytes;
  return std::min<std::uint64_t>(kChunkBytes, length - begin);
}

void ChunkTree::resize(std::size_t chunks) {
  const std::size_t before = this->chunks();
  if (chunks == before) return;
  if (levels_.empty()) levels_.emplace_back();
  levels_.front().resize(chunks);
  std::erase_if(changed_, [&](std::size_t index) { return index >= chunks; });
  // The last chunk's path is another one now, whether the tree grew or shrank.
  if (chunks > 0) changed_.push_back(chunks - 1);
  if (before > 0 && before <= chunks) changed_.push_back(before - 1);
}

void ChunkTree::set(std::size_t index, const Digest& chunk_hash) {
  levels_.front()[index] = chunk_hash;
  changed_.push_back(index);
}

/// Computes level + 1 from `level` where changed_ (indices at `level`) says, and makes changed_
/// the indices at level + 1. A node without a sibling rises as it is.
void ChunkTree::refresh_level(std::size_t level) {
  const std::size_t below = levels_[level].size();
  if (levels_.size() == level + 1) levels_.emplace_back();
  levels_[level + 1].resize((below + 1) / 2);
  std::size_t kept = 0;
  for (const std::size_t index : changed_) {
    const std::size_t parent = index / 2;
    if (kept > 0 && changed_[kept - 1] == parent) continue;
    const Digest& left = levels_[level][2 * parent];
    const bool lone = 2 * parent + 1 == below;
    levels_[level + 1][parent] =
        lone ? left : chunk_node_hash(left, levels_[level][2 * parent + 1]);
    changed_[kept++] = parent;
  }
  changed_.resize(kept);
}

Digest ChunkTree::root() {
  if (chunks() == 0) {
    levels_.clear();
    changed_.clear();
    return sha256({});
  }
  std::ranges::sort(changed_);
  changed_.erase(std::ranges::unique(changed_).begin(), changed_.end());
  std::size_t level = 0;
  for (; levels_[level].size() > 1; ++level) refresh_level(level);
  levels_.resize(level + 1);
  changed_.clear();
  return levels_.back().front();
}

void encode_delta(const Delta& delta, Bytes& out) {
  std::size_t bytes = kDeltaHeader;
  for (const Delta::Chunk& chunk : delta.chunks) bytes += 4 + chunk.bytes.size();
  out.clear();
  out.reserve(bytes);
  append(out, delta.salt.span());
  append_le<std::uint64_t>(out, delta.length);
  append_le<std::uint32_t>(out, static_cast<std::uint32_t>(delta.chunks.size()));
  for (const Delta::Chunk& chunk : delta.chunks) {
    append_le<std::uint32_t>(out, static_cast<std::uint32_t>(chunk.index));
    append(out, chunk.bytes);
  }
}

Bytes encode_delta(const Delta& delta) {
  Bytes out;
  encode_delta(delta, out);
  return out;
}

Result<Delta> decode_delta(ByteSpan bytes) {
  const auto corrupt = [](std::string_view what) {
    return fail(Code::kCorrupt, "the delta {}", what);
  };
  if (bytes.size() < kDeltaHeader) return corrupt("is cut short");
  Delta delta;
  delta.salt = Salt::from(bytes.first(Salt::size()));
  delta.length = load_le<std::uint64_t>(bytes.data() + Salt::size());
  const auto count = load_le<std::uint32_t>(bytes.data() + Salt::size() + 8);
  if (delta.length > kStateBytesMax) return corrupt("makes the state too large");
  const std::size_t chunks = chunk_count(delta.length);
  if (count > chunks) return corrupt("has more chunks than its state");
  bytes = bytes.subspan(kDeltaHeader);
  delta.chunks.reserve(std::min<std::size_t>(count, bytes.size() / 4));
  for (std::size_t least = 0, i = 0; i < count; ++i) {
    if (bytes.size() < 4) return corrupt("is cut short");
    const std::size_t index = load_le<std::uint32_t>(bytes.data());
    bytes = bytes.subspan(4);
    if (index < least || index >= chunks) return corrupt("has its chunks out of order");
    const std::size_t length = chunk_length(delta.length, index);
    if (length > bytes.size()) return corrupt("is cut short");
    delta.chunks.push_back({index, bytes.first(length)});
    bytes = bytes.subspan(length);
    least = index + 1;
  }
  if (!bytes.empty()) return corrupt("has bytes behind its chunks");
  return delta;
}

Status apply_delta(const Delta& delta, ChunkTree& tree) {
  const std::size_t before = tree.chunks();
  const std::size_t after = chunk_count(delta.length);
  tree.resize(after);
  std::size_t added = 0;
  for (const Delta::Chunk& chunk : delta.chunks) {
    const Digest hash = chunk_hash(chunk.index, chunk.bytes);
    if (chunk.index >= before) {
      ++added;
    } else if (tree.chunk_hashes()[chunk.index] == hash) {
      return fail(Code::kCorrupt, "the delta names chunk {}, which did not change", chunk.index);
    }
    tree.set(chunk.index, hash);
  }
  if (after > before && added != after - before) {
    return fail(Code::kCorrupt, "the delta lacks a new chunk");
  }
  return {};
}

}  // namespace theater::chain
