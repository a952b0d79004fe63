// ChunkTree: the hashes over the chunks of a state, without the state itself; and the delta's form.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace theater::chain {

/// Chunk hashes and the inner nodes above them, in the shape of RFC 6962. Changing one chunk of n
/// costs one chunk hash and log2(n) node hashes. A value type.
class ChunkTree {
 public:
  std::size_t chunks() const { return levels_.empty() ? 0 : levels_.front().size(); }
  std::span<const Digest> chunk_hashes() const {
    return levels_.empty() ? std::span<const Digest>{} : std::span<const Digest>(levels_.front());
  }

  /// Marks the number of chunks; new ones must be set before root() is asked.
  void resize(std::size_t chunks);
  void set(std::size_t index, const Digest& chunk_hash);
  /// Hashes what changed since the last call. SHA-256 of nothing if there are no chunks.
  Digest root();
  /// Gives back what only changes need.
  void release_memory() { changed_.shrink_to_fit(); }

 private:
  void refresh_level(std::size_t level);
  std::vector<std::vector<Digest>> levels_;  // [0]: chunk hashes; the last: the root alone
  std::vector<std::size_t> changed_;         // indices at level 0
};

/// How many chunks a state of `length` bytes has, and how long chunk `index` is.
std::size_t chunk_count(std::uint64_t length);
std::size_t chunk_length(std::uint64_t length, std::size_t index);

/// A delta: the salt and length of the new state and its changed chunks.
struct Delta {
  struct Chunk {
    std::size_t index = 0;
    ByteSpan bytes;
  };
  Salt salt;
  std::uint64_t length = 0;
  std::vector<Chunk> chunks;  // ascending; all of them changed; borrowed
};
Bytes encode_delta(const Delta& delta);
/// The same into `out`, whose memory serves again.
void encode_delta(const Delta& delta, Bytes& out);
/// Strict; the chunks point into `bytes`.
Result<Delta> decode_delta(ByteSpan bytes);
/// Sets the hashes of the delta's chunks. kCorrupt, and the tree is of no more use, if a chunk is
/// the one that stood there before, or a new one is missing.
Status apply_delta(const Delta& delta, ChunkTree& tree);

}  // namespace theater::chain
