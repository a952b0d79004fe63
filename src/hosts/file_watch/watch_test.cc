// A watch tells ready, then changes at the end of their window; whatever is lost becomes one
// rescan, behind which nothing is told until the actor has it; every end leaves nothing.
#include "hosts/file_watch/watch.h"

#include <gtest/gtest.h>

#include "host/fake_actor.h"
#include "hosts/file_watch/fake_tree.h"

namespace theater::hosts::file_watch {
namespace {

/// A Tree onto a FakeTree that outlives it.
class OpenedTree final : public Tree {
 public:
  explicit OpenedTree(FakeTree& tree) : tree_(tree) {}
  ~OpenedTree() override { tree_.close(); }
  Result<Scan> scan(const std::string& path, std::uint64_t entries_max) override {
    return tree_.scan(path, entries_max);
  }
  Result<std::optional<Found>> look(const std::string& path) override { return tree_.look(path); }
  void forget(WatchId watch) override { tree_.forget(watch); }
  int descriptor() const override { return 7; }
  Status read(std::vector<Signal>& signals) const override { return tree_.read(signals); }

 private:
  FakeTree& tree_;
};

class FakeOpener final : public TreeOpener {
 public:
  explicit FakeOpener(FakeTree& tree) : tree_(tree) {}
  Result<std::unique_ptr<Tree>> open(const std::string&) const override {
    if (failure) return std::unexpected(*failure);
    ++opened;
    return std::make_unique<OpenedTree>(tree_);
  }
  std::optional<Error> failure;
  mutable int opened = 0;

 private:
  FakeTree& tree_;
};

struct Watched final : WatchUser {
  host::FakeShard shard;
  FakeTree tree;
  std::shared_ptr<FakeOpener> opener = std::make_shared<FakeOpener>(tree);
  Limits limits;
  std::unique_ptr<Watch> watch;
  std::vector<std::string> told;
  std::size_t room = 1000;

  void make() {
    watch = std::make_unique<Watch>(
        Watch::Target{OperationId{5}, opener, "", "notes", Depth::kWholeTree}, limits,
        shard.services, *this);
  }
  void start(Watch::Start how = Watch::Start::kFirst) {
    make();
    watch->start(how);
    settle();
  }
  ~Watched() {
    if (watch) watch->stop();
    settle();
  }
  void settle() { shard.executor.advance(Nanoseconds(0)); }
  /// The descriptor says that there are signals, and a window passes.
  void window() {
    shard.descriptors.tell(7, io::Readiness::kRead);
    shard.executor.advance(limits.window);
  }
  std::vector<std::string> take() { return std::exchange(told, {}); }

 private:
  bool tell(OperationId id, ByteSpan bytes) override {
    EXPECT_EQ(id.value, 5u);
    if (room == 0) return false;
    --room;
    const auto event = wasm::from_binary<host::Event<Payload>>(bytes);
    if (event->payload.value.index() == Payload::kReady) told.emplace_back("ready");
    if (const Item* item = std::get_if<Item>(&event->payload.value)) told.push_back(item->path);
    return true;
  }
  void tell_rescan(OperationId) override { told.emplace_back("rescan"); }
  void tell_end(OperationId, const Error& why) override {
    told.push_back("end: " + std::string(code_name(why.code)));
  }
};

using Told = std::vector<std::string>;

TEST(Watch, TellsReadyAndThenChangesAtTheEndOfTheirWindow) {
  Watched watched;
  watched.tree.write("old");
  watched.start();
  EXPECT_EQ(watched.take(), Told{"ready"});
  watched.tree.write("new");
  watched.shard.descriptors.tell(7, io::Readiness::kRead);
  watched.shard.executor.advance(Milliseconds(99));
  EXPECT_EQ(watched.take(), Told{});
  watched.shard.executor.advance(Milliseconds(1));
  EXPECT_EQ(watched.take(), Told{"notes/new"});
  watched.window();
  EXPECT_EQ(watched.take(), Told{});
}

TEST(Watch, AfterARestartItTellsARescanInstead) {
  Watched watched;
  watched.start(Watch::Start::kAgain);
  EXPECT_EQ(watched.take(), Told{"rescan"});
  watched.tree.write("a");
  watched.window();
  EXPECT_EQ(watched.take(), Told{});
  watched.watch->on_rescan_taken();
  watched.tree.write("b");
  watched.window();
  EXPECT_EQ(watched.take(), Told{"notes/b"});
}

TEST(Watch, SignalsBeyondTheBoundBecomeOneRescan) {
  Watched watched;
  watched.limits.pending_max = 3;
  watched.start();
  watched.take();
  for (const char* name : {"a", "b", "c", "d"}) watched.tree.write(name);
  watched.window();
  EXPECT_EQ(watched.watch->state(), WatchState::kScanning);
  EXPECT_EQ(watched.take(), Told{});
  watched.shard.executor.advance(kRescanPause);
  EXPECT_EQ(watched.take(), Told{"rescan"});
  EXPECT_EQ(watched.opener->opened, 2);
  watched.tree.write("e");
  watched.window();
  EXPECT_EQ(watched.take(), Told{});  // the actor will look anyway
  EXPECT_EQ(watched.watch->counters().dropped, 1u);
  watched.watch->on_rescan_taken();
  watched.tree.write("f");
  watched.window();
  EXPECT_EQ(watched.take(), Told{"notes/f"});
}

TEST(Watch, WhatTheKernelLostBecomesOneRescanHoweverOften) {
  Watched watched;
  watched.start();
  watched.take();
  for (int i = 0; i < 3; ++i) {
    watched.tree.signals.push_back({Sign::kOverflow, {}, {}, 0});
    watched.window();
    watched.shard.executor.advance(kRescanPause);
  }
  EXPECT_EQ(watched.take(), Told{"rescan"});
  EXPECT_EQ(watched.watch->counters().overflows, 3u);
}

TEST(Watch, ARescanTakenWhileTheTreeIsReadIsFollowedByAnother) {
  Watched watched;
  watched.start(Watch::Start::kAgain);
  EXPECT_EQ(watched.take(), Told{"rescan"});
  watched.tree.signals.push_back({Sign::kOverflow, {}, {}, 0});
  watched.shard.descriptors.tell(7, io::Readiness::kRead);
  watched.watch->on_rescan_taken();
  watched.shard.executor.advance(kRescanPause);
  EXPECT_EQ(watched.take(), Told{"rescan"});
}

TEST(Watch, AFullQueueBecomesOneRescan) {
  Watched watched;
  watched.room = 2;
  watched.start();
  for (const char* name : {"a", "b", "c"}) watched.tree.write(name);
  watched.window();
  EXPECT_EQ(watched.take(), (Told{"ready", "notes/a", "rescan"}));
  watched.room = 10;
  watched.tree.write("d");
  watched.window();
  EXPECT_EQ(watched.take(), Told{});
  watched.watch->on_rescan_taken();
  watched.tree.write("e");
  watched.window();
  EXPECT_EQ(watched.take(), Told{"notes/e"});
}

TEST(Watch, NoRoomForReadyIsARescanToo) {
  Watched watched;
  watched.room = 0;
  watched.start();
  EXPECT_EQ(watched.take(), Told{"rescan"});
}

TEST(Watch, EndsWhenItsDirectoryIsNotThereOrGoes) {
  Watched missing;
  missing.opener->failure = Error{Code::kNotFound, "no such directory"};
  missing.start();
  EXPECT_EQ(missing.take(), Told{"end: not-found"});

  Watched gone;
  gone.start();
  gone.tree.signals.push_back({Sign::kRootMoved, {}, {}, 0});
  gone.window();
  EXPECT_EQ(gone.take(), (Told{"ready", "end: not-found"}));
  EXPECT_EQ(gone.watch->state(), WatchState::kEnded);
}

TEST(Watch, EndsWhenABoundIsReachedOrACallFails) {
  Watched full;
  full.limits.directories_max = 1;
  full.tree.make_directory("a");
  full.start();
  EXPECT_EQ(full.take(), Told{"end: full"});

  Watched unwatched;
  unwatched.shard.descriptors.fail_next({Code::kIo, "no epoll"});
  unwatched.start();
  EXPECT_EQ(unwatched.take(), Told{"end: io"});
}

TEST(Watch, LeavesNothingWhereverItIsStopped) {
  for (int steps = 0; steps < 8; ++steps) {
    Watched watched;
    watched.limits.pending_max = 2;
    watched.make();
    watched.watch->start(Watch::Start::kFirst);
    const auto signal = [&] { watched.shard.descriptors.tell(7, io::Readiness::kRead); };
    if (steps > 0) watched.settle();
    if (steps > 1) watched.tree.write("a");
    if (steps > 2) signal();
    if (steps > 3) watched.shard.executor.advance(watched.limits.window);
    if (steps > 4) {
      for (const char* name : {"b", "c", "d"}) watched.tree.write(name);
    }
    if (steps > 5) signal();
    if (steps > 6) watched.shard.executor.advance(kRescanPause);
    watched.watch->stop();
    watched.take();
    actor::Census census;
    watched.watch->count(census);
    EXPECT_TRUE(census.is_empty()) << steps;
    EXPECT_EQ(watched.shard.descriptors.size(), 0u);
    EXPECT_EQ(watched.shard.executor.timer_count(), 0u);
    watched.shard.executor.advance(std::chrono::seconds(10));
    EXPECT_EQ(watched.tree.watches(), 0u) << steps;
    EXPECT_EQ(watched.take(), Told{}) << steps;
  }
}

}  // namespace
}  // namespace theater::hosts::file_watch
