// After any storm in a real directory, what the actor believes of names and contents equals a look:
// 100,000 changes, trees made faster than they can be watched, a repository checked out back and
// forth.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "hosts/file_watch/follower.h"

namespace theater::hosts::file_watch {
namespace {

/// Changes below `root`, in a few hundred names.
class Storm {
 public:
  Storm(fs::path root, std::uint64_t seed) : root_(std::move(root)), random_(seed) {}
  void once() {
    std::error_code ignored;
    switch (random_() % 8) {
      case 0:
        fs::create_directory(path(), ignored);
        break;
      case 1:
        fs::remove_all(path(), ignored);
        break;
      case 2:
      case 3:
        fs::rename(path(), path(), ignored);
        break;
      default:
        std::ofstream(path()) << ++written_;
    }
  }

 private:
  fs::path path() {
    fs::path path = root_;
    for (std::uint64_t depth = 1 + random_() % 3; depth > 0; --depth) {
      path /= std::string(1, static_cast<char>('a' + random_() % 8));
    }
    return path;
  }
  const fs::path root_;
  std::mt19937_64 random_;
  std::uint64_t written_ = 0;  // no file is written twice with the same content
};

TEST(FileWatchStorm, AHundredThousandEvents) {
  constexpr double kEvents = 100'000;
  constexpr std::uint64_t kSeed = 20'251'125;
  SCOPED_TRACE(fmt::format("seed {}", kSeed));
  Follower follower;
  ASSERT_TRUE(follower.watch("notes"));
  follower.turn();
  Storm storm(follower.root, kSeed);
  while (follower.figure("file_watch_signals_total") < kEvents) {
    for (int i = 0; i < 500; ++i) storm.once();
    follower.turn();
  }
  follower.turn_until_quiet();
  EXPECT_EQ(follower.errors(), "");
  fmt::print("{} events: {} items, {} looks\n", follower.figure("file_watch_signals_total"),
             follower.items, follower.looks);
}

TEST(FileWatchStorm, WhatTheKernelsQueueCannotHoldBecomesOneRescan) {
  Follower follower;
  ASSERT_TRUE(follower.watch("notes"));
  follower.turn();
  for (int i = 0; i < 20'000; ++i) {  // 16,384 events fit, and nobody reads
    follower.write(fmt::format("f{}", i % 97), fmt::format("{}", i));
    if (i % 3 == 0) fs::remove(follower.root / fmt::format("f{}", (i + 13) % 97));
  }
  follower.turn_until_quiet();
  EXPECT_EQ(follower.looks, 2u);
  EXPECT_EQ(follower.told.back(), "rescan");
  EXPECT_EQ(follower.errors(), "");
}

TEST(FileWatchStorm, TreesMadeFasterThanWatches) {
  Follower follower;
  ASSERT_TRUE(follower.watch("notes"));
  follower.turn();
  std::atomic<bool> is_over = false;
  std::thread maker([&] {
    for (int tree = 0; tree < 60; ++tree) {
      const fs::path top = follower.root / fmt::format("t{}", tree % 20);
      std::error_code ignored;
      for (int i = 0; i < 30; ++i) {
        const fs::path deep = top / fmt::format("{}", i % 3) / fmt::format("{}", i % 5) / "x" / "y";
        fs::create_directories(deep, ignored);
        std::ofstream(deep / fmt::format("f{}", i)) << fmt::format("{} {}", tree, i);
      }
      if (tree % 3 == 0) fs::rename(top, follower.root / fmt::format("r{}", tree), ignored);
      if (tree % 7 == 0) fs::remove_all(top, ignored);
    }
    is_over = true;
  });
  while (!is_over) follower.turn();
  maker.join();
  follower.turn_until_quiet();
  EXPECT_EQ(follower.errors(), "");
  EXPECT_GT(follower.contents.size(), 500u);
}

TEST(FileWatchStorm, ACheckoutBackAndForth) {
  Follower follower;
  const std::string git =
      fmt::format("git -c init.defaultBranch=one -c user.name=t -c user.email=t@t -C '{}' ",
                  follower.root.string());
  const auto run = [&](const std::string& command) {
    return std::system((git + command + " > /dev/null 2>&1").c_str()) == 0;
  };
  if (!run("init")) GTEST_SKIP() << "git is not installed";
  for (int i = 0; i < 150; ++i) {
    fs::create_directories(follower.root / fmt::format("d{}", i % 12));
    follower.write(fmt::format("d{}/f{}", i % 12, i), fmt::format("{}", i));
  }
  ASSERT_TRUE(run("add -A") && run("commit -m one") && run("checkout -b two"));
  for (int i = 0; i < 6; ++i) fs::remove_all(follower.root / fmt::format("d{}", i));
  for (int i = 6; i < 9; ++i) {
    fs::rename(follower.root / fmt::format("d{}", i), follower.root / fmt::format("e{}", i));
  }
  for (int i = 9; i < 150; i += 12) follower.write(fmt::format("d9/f{}", i), "other");
  ASSERT_TRUE(run("add -A") && run("commit -m two"));

  ASSERT_TRUE(follower.watch("notes"));
  follower.turn();
  std::atomic<bool> is_over = false;
  std::thread switcher([&] {
    for (int i = 0; i < 12; ++i) run(i % 2 == 0 ? "checkout one" : "checkout two");
    is_over = true;
  });
  while (!is_over) follower.turn();
  switcher.join();
  follower.turn_until_quiet();
  EXPECT_EQ(follower.errors(), "");
  EXPECT_TRUE(follower.contents.contains("notes/e6"));
}

}  // namespace
}  // namespace theater::hosts::file_watch
