// A batch is full by number and by bytes, but its first event always fits; its memory is used
// again, and given back if one event was larger than a batch.
#include "actor/event_batch.h"

#include <gtest/gtest.h>

namespace theater::actor {
namespace {

TEST(EventBatch, IsFullByNumberAndByBytes) {
  EventBatch batch({3, 10});
  EXPECT_TRUE(batch.accepts(100)) << "the first one, whatever its size";
  batch.add(Bytes(6));
  EXPECT_TRUE(batch.accepts(4));
  EXPECT_FALSE(batch.accepts(5));
  batch.add(Bytes(1));
  batch.add(Bytes(1));
  EXPECT_FALSE(batch.accepts(0));
  EXPECT_EQ(batch[0].size(), 6u);
  EXPECT_EQ(batch[2].size(), 1u);
}

TEST(EventBatch, KeepsTheMemoryOfABatchAlone) {
  EventBatch batch({3, 1000});
  batch.add(Bytes(900));
  const std::size_t kept = batch.buffer().capacity();
  batch.clear();
  EXPECT_EQ(batch.buffer().capacity(), kept);
  batch.add(Bytes(1'000'000));
  batch.clear();
  EXPECT_LE(batch.buffer().capacity(), kept);
  EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace theater::actor
