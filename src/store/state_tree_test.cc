// The incremental state root must equal the full one after every transition, and each delta must
// lead to the same state on the reading side.
#include "store/state_tree.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "chain/hash.h"
#include "chain/limits.h"
#include "io/manual_clock.h"

namespace theater::store {
namespace {

using chain::kChunkBytes;

/// RFC 6962's tree hash, straight from its definition.
Digest tree_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return chain::sha256({});
  if (leaves.size() == 1) return leaves[0];
  std::size_t split = 1;
  while (split * 2 < leaves.size()) split *= 2;
  return chain::chunk_node_hash(tree_root(leaves.first(split)), tree_root(leaves.subspan(split)));
}

Digest full_root(ByteSpan state, const Salt& salt) {
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < chain::chunk_count(state.size()); ++i) {
    leaves.push_back(
        chain::chunk_hash(i, state.subspan(i * kChunkBytes, chain::chunk_length(state.size(), i))));
  }
  return chain::state_root(salt, state.size(), tree_root(leaves));
}

Salt salt_of(std::uint64_t number) {
  Salt salt;
  store_le(salt.bytes.data(), number);
  return salt;
}

TEST(StateTree, StartsWithTheEmptyRoot) {
  EXPECT_EQ(StateTree().root(), chain::empty_state_root());
  EXPECT_EQ(StateTree().root(), full_root({}, Salt{}));
}

TEST(StateTree, AnEqualStateIsNoChange) {
  StateTree tree;
  const Bytes state(5000, 1);
  ASSERT_TRUE(tree.update(state, salt_of(1)).value());
  const Digest root = tree.root();
  EXPECT_FALSE(tree.update(state, salt_of(2)).value());
  EXPECT_EQ(tree.root(), root);
}

TEST(StateTree, EqualsTheFullRootForEverySizeUpTo1025Chunks) {
  StateTree tree;
  Bytes state;
  for (std::size_t chunks = 0; chunks <= 1025; chunks += chunks < 70 ? 1 : 61) {
    state.resize(chunks * kChunkBytes, static_cast<std::uint8_t>(chunks));
    const auto change = tree.update(state, salt_of(chunks)).value();
    if (change) EXPECT_EQ(change->root, full_root(state, salt_of(chunks))) << chunks;
  }
}

/// One random change: grow, shrink, or overwrite a few bytes.
void mutate(Bytes& state, io::SeededRandom& random) {
  switch (random.next() % 8) {
    case 0:
      state.resize(random.next() % (20 * kChunkBytes));
      return;
    case 1:
      state.resize(state.size() + random.next() % 300);
      return;
    case 2:
      state.resize(state.size() - std::min(state.size(), random.next() % 300));
      return;
    default:
      break;
  }
  for (std::uint64_t i = random.next() % 5; i > 0 && !state.empty(); --i) {
    state[random.next() % state.size()] = static_cast<std::uint8_t>(random.next());
  }
}

TEST(StateTree, IncrementalEqualsFullAndDeltasLeadToTheSameState) {
  constexpr std::uint64_t kSeed = 20261124;
  const char* const wanted = std::getenv("THEATER_STATE_STEPS");
  const std::uint64_t steps = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 5000;
  io::SeededRandom random(kSeed);
  StateTree tree, reader;
  Bytes state;
  for (std::uint64_t step = 0; step < steps; ++step) {
    mutate(state, random);
    const Salt salt = salt_of(step);
    const auto change = tree.update(state, salt).value();
    ASSERT_TRUE(equal(tree.bytes(), state));
    if (!change) continue;
    ASSERT_EQ(change->root, full_root(state, salt)) << "seed " << kSeed << " step " << step;
    ASSERT_TRUE(reader.apply(change->delta));
    ASSERT_EQ(reader.root(), change->root);
    ASSERT_TRUE(equal(reader.bytes(), state));
  }
}

TEST(StateTree, RestoresToTheSameRoot) {
  StateTree tree, other;
  const Bytes state(3 * kChunkBytes + 5, 9);
  ASSERT_TRUE(tree.update(state, salt_of(4)).value());
  other.restore(state, salt_of(4));
  EXPECT_EQ(other.root(), tree.root());
}

TEST(StateTree, RefusesDeltasThatNoWriterMakes) {
  StateTree tree;
  const Bytes state(2 * kChunkBytes, 1);
  const auto change = tree.update(state, salt_of(1)).value();
  StateTree again;
  ASSERT_TRUE(again.apply(change->delta));
  EXPECT_EQ(again.apply(change->delta).error().code, Code::kCorrupt) << "nothing changes";
  for (std::size_t cut = 0; cut < change->delta.size(); cut += 37) {
    StateTree fresh;
    EXPECT_FALSE(fresh.apply(ByteSpan(change->delta).first(cut)));
  }
}

}  // namespace
}  // namespace theater::store
