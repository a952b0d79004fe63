// What one task writes, reads, closes or destroys of many is bounded, by number, by bytes and by
// time; nobody is left out; who goes meanwhile is passed over; who was refused a write waits only
// if its invocation stands.
#include "host/rounds.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <numeric>

#include "host/closing.h"
#include "host/fake_actor.h"

namespace theater::host {
namespace {

struct Line {
  std::size_t waiting = 10;
  int flushes = 0;
  bool is_dirty = true;
  bool is_awaited = false;
  int resumes = 0;
  bool is_held() const { return true; }
  void resume() { ++resumes; }
  std::size_t outgoing_bytes() const { return waiting; }
  void flush() {
    waiting = 0;
    ++flushes;
  }
};
struct LinePeer {
  std::unique_ptr<Line> connection = std::make_unique<Line>();
  bool told_congested = false;
};
struct LinePeers {
  std::map<std::uint64_t, LinePeer> map;
  LinePeer* find(std::uint64_t id) {
    const auto found = map.find(id);
    return found == map.end() ? nullptr : &found->second;
  }
  auto& all() { return map; }
};

struct Rounds : testing::Test {
  io::ManualClock clock;
  LinePeers peers;
  std::vector<std::uint64_t> dirty;

  void fill(std::size_t count) {
    dirty.resize(count);
    std::iota(dirty.begin(), dirty.end(), 1);
    for (const std::uint64_t id : dirty) peers.map[id];
  }
  std::size_t written() const {
    std::size_t count = 0;
    for (const auto& [id, peer] : peers.map) count += peer.connection && !peer.connection->waiting;
    return count;
  }
  Round flush() { return flush_dirty(dirty, finder_of(peers), clock); }
};

TEST_F(Rounds, WritesToSoManyInOneTask) {
  fill(2 * kFlushesMax + 1);
  EXPECT_EQ(flush(), Round::kUnfinished);
  EXPECT_EQ(written(), kFlushesMax);
  EXPECT_FALSE(peers.map[1].connection->is_dirty);
  EXPECT_TRUE(peers.map[kFlushesMax + 1].connection->is_dirty) << "it is still in the list";
  EXPECT_EQ(flush(), Round::kUnfinished);
  EXPECT_EQ(flush(), Round::kDone);
  for (const auto& [id, peer] : peers.map) EXPECT_EQ(peer.connection->flushes, 1) << id;
}

TEST_F(Rounds, WritesSoManyBytesInOneTask) {
  fill(4);
  for (auto& [id, peer] : peers.map) peer.connection->waiting = kFlushBytesMax / 2;
  EXPECT_EQ(flush(), Round::kUnfinished);
  EXPECT_EQ(written(), 2u);
  EXPECT_EQ(flush(), Round::kDone);
  EXPECT_EQ(written(), 4u);
}

TEST_F(Rounds, EndsWhenItsTimeIsOver) {
  fill(3);
  const auto slow = [this](std::uint64_t id) {
    clock.advance(2 * kTurnTime / 3);
    return peers.find(id)->connection.get();
  };
  std::vector<std::uint64_t> held = dirty, leaving = dirty;
  EXPECT_EQ(flush_dirty(dirty, slow, clock), Round::kUnfinished);
  EXPECT_EQ(dirty, std::vector<std::uint64_t>{3});
  EXPECT_EQ(flush_dirty(dirty, slow, clock), Round::kDone) << "one is always done";
  EXPECT_EQ(resume_held(held, slow, [](const Line&) { return true; }, clock), Round::kUnfinished);
  EXPECT_EQ(held, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(
      act_on_some(leaving, slow, [](Line& line) { line.flush(); }, clock), Round::kUnfinished);
  EXPECT_EQ(leaving, std::vector<std::uint64_t>{1});
}

TEST_F(Rounds, PassesOverWhoHasGone) {
  fill(3);
  peers.map.erase(1);
  peers.map[2].connection.reset();
  EXPECT_EQ(flush(), Round::kDone);
  EXPECT_EQ(written(), 1u);
}

/// A flush may find that others have something to write: they come behind those that are left.
TEST_F(Rounds, TakesThoseInWhoComeMeanwhile) {
  fill(kFlushesMax + 1);
  peers.map[1000];
  const auto find = [this](std::uint64_t id) {
    if (id == 1) dirty.push_back(1000);
    return peers.find(id)->connection.get();
  };
  EXPECT_EQ(flush_dirty(dirty, find, clock), Round::kUnfinished);
  EXPECT_EQ(dirty, (std::vector<std::uint64_t>{kFlushesMax + 1, 1000}));
  EXPECT_EQ(flush_dirty(dirty, find, clock), Round::kDone);
}

TEST_F(Rounds, ResumesSoManyInOneTaskAndNobodyWithoutCredit) {
  fill(2 * kResumesMax + 2);
  std::vector<std::uint64_t> held = std::exchange(dirty, {});
  peers.map[1].connection.reset();  // gone
  const auto may = [&](const Line& line) { return &line != peers.map[2].connection.get(); };
  EXPECT_EQ(resume_held(held, finder_of(peers), may, clock), Round::kUnfinished);
  EXPECT_EQ(held.size(), kResumesMax + 1);
  EXPECT_EQ(held.front(), 2u);
  EXPECT_EQ(resume_held(held, finder_of(peers), may, clock), Round::kDone);
  EXPECT_EQ(held, std::vector<std::uint64_t>{2});
  for (const auto& [id, peer] : peers.map) {
    if (peer.connection) EXPECT_EQ(peer.connection->resumes, id == 2 ? 0 : 1) << id;
  }
}

TEST_F(Rounds, WhoWasRefusedAWriteWaitsOnceItsInvocationStands) {
  fill(3);
  RefusedWrites refused;
  const auto mark = [this](Line& line) { dirty.push_back(line.waiting); };
  dirty.clear();
  EXPECT_FALSE(refused.note(1, check_room(1, 10, 95, 100)));
  refused.settle(actor::Settlement::kDiscarded, peers, mark);
  EXPECT_TRUE(refused.note(1, check_room(1, 5, 95, 100)));
  EXPECT_FALSE(refused.note(2, check_room(2, 101, 0, 100))) << "there will never be room";
  refused.settle(actor::Settlement::kCommitted, peers, mark);
  EXPECT_TRUE(dirty.empty());
  EXPECT_FALSE(refused.note(2, check_room(2, 10, 95, 100)));
  EXPECT_FALSE(refused.note(7, check_room(7, 10, 95, 100)));  // gone
  refused.settle(actor::Settlement::kCommitted, peers, mark);
  EXPECT_EQ(dirty.size(), 1u);
  EXPECT_TRUE(peers.map[2].connection->is_awaited);
  EXPECT_TRUE(peers.map[2].told_congested);
  EXPECT_FALSE(peers.map[1].connection->is_awaited);
  refused.settle(actor::Settlement::kCommitted, peers, mark);
  EXPECT_EQ(dirty.size(), 1u) << "it is noted once";
}

TEST_F(Rounds, SaysGoodbyeToSoManyInOneTaskFirstComeFirst) {
  fill(kClosesMax + 2);
  peers.map[1].connection.reset();
  std::vector<std::uint64_t> leaving = all_connected(peers);
  EXPECT_EQ(leaving.size(), kClosesMax + 1);
  peers.map.erase(kClosesMax + 2);  // gone meanwhile
  const auto act = [](Line& line) { line.flush(); };
  EXPECT_EQ(act_on_some(leaving, finder_of(peers), act, clock), Round::kUnfinished);
  EXPECT_EQ(written(), kClosesMax);
  EXPECT_EQ(act_on_some(leaving, finder_of(peers), act, clock), Round::kDone);
  EXPECT_EQ(act_on_some(leaving, finder_of(peers), act, clock), Round::kDone);
}

TEST_F(Rounds, DestroysSoManyInOneTask) {
  std::vector<std::unique_ptr<Line>> dead(2 * kClosesMax);
  EXPECT_EQ(bury_some(dead, clock), Round::kUnfinished);
  EXPECT_EQ(dead.size(), kClosesMax);
  EXPECT_EQ(bury_some(dead, clock), Round::kDone);
  EXPECT_EQ(bury_some(dead, clock), Round::kDone);
}

TEST_F(Rounds, AWorkerClosesManySocketsAndTheShardAFew) {
  FakeShard shard;
  std::vector<std::unique_ptr<io::Stream>> few(kClosesMax), many(kClosesMax + 1);
  close_all(std::move(few), shard.services);
  close_all(std::move(many), shard.services);
  shard.executor.run();
  EXPECT_EQ(shard.workers.done(), 1u);
}

}  // namespace
}  // namespace theater::host
