// Through the whole family, on real directories: what may be watched, what is told, and that
// nothing is left at an end.
#include <gtest/gtest.h>

#include "hosts/file_watch/follower.h"
#include "hosts/file_watch/grant.h"

namespace theater::hosts::file_watch {
namespace {

using Told = std::vector<std::string>;

std::string ended(host::GuestCode code) { return fmt::format("ended {}", static_cast<int>(code)); }

TEST(FileWatch, TellsWhatChangesInATree) {
  Follower follower;
  ASSERT_TRUE(follower.watch("notes"));
  follower.turn();
  follower.write("a");
  follower.turn();
  fs::rename(follower.root / "a", follower.root / "b");
  follower.turn();
  fs::create_directory(follower.root / "d");
  follower.write("d/c");
  follower.turn();
  fs::remove_all(follower.root / "d");
  follower.turn();
  EXPECT_EQ(follower.told,
            (Told{"ready", "created notes/a", "renamed notes/a notes/b", "created notes/d",
                  "created notes/d/c", "removed notes/d/c", "removed notes/d"}));
}

TEST(FileWatch, WatchesADirectoryBelowAndNotMoreThanThat) {
  Follower follower;
  fs::create_directories(follower.root / "d" / "e");
  ASSERT_TRUE(follower.watch("notes/d", Depth::kRootOnly));
  follower.turn();
  follower.write("outside");
  follower.write("d/e/deep");
  follower.write("d/inside");
  follower.turn();
  EXPECT_EQ(follower.told, (Told{"ready", "created notes/d/inside"}));
}

TEST(FileWatch, RefusesWhatIsNotGranted) {
  Follower follower;
  for (const char* path : {"other", "notes/..", "../notes", "/etc", "notes/a/../../b"}) {
    const auto started = follower.watch(path);
    ASSERT_FALSE(started) << path;
    EXPECT_EQ(started.error().code, host::GuestCode::kDenied) << path;
  }
  EXPECT_EQ(follower.watch("").error().code, host::GuestCode::kInvalid);
  EXPECT_EQ(follower.watch("notes//a").error().code, host::GuestCode::kInvalid);
}

TEST(FileWatch, ALinkLeadsNowhere) {
  Follower follower;
  fs::create_directories(follower.root / "real");
  fs::create_directory_symlink("/etc", follower.root / "out");
  fs::create_directory_symlink("real", follower.root / "in");
  ASSERT_TRUE(follower.watch("notes/out"));
  ASSERT_TRUE(follower.watch("notes/in"));
  follower.turn();
  EXPECT_EQ(follower.told,
            (Told{ended(host::GuestCode::kDenied), ended(host::GuestCode::kDenied)}));
  ASSERT_TRUE(follower.watch("notes"));
  follower.turn();
  follower.write("real/a");
  follower.turn();
  EXPECT_EQ(follower.told.back(), "created notes/real/a");  // once, not through the link as well
  EXPECT_EQ(follower.items, 1u);
}

TEST(FileWatch, EndsIfItsDirectoryIsNotThereOrGoes) {
  Follower follower;
  ASSERT_TRUE(follower.watch("notes/none"));
  follower.turn();
  fs::create_directory(follower.root / "d");
  ASSERT_TRUE(follower.watch("notes/d"));
  follower.turn();
  fs::rename(follower.root / "d", follower.root / "moved");
  follower.turn();
  const std::string gone = ended(host::GuestCode::kNotFound);
  EXPECT_EQ(follower.told, (Told{gone, "ready", gone}));
}

TEST(FileWatch, StandingWatchesAreRefusedBeyondTheirBound) {
  Follower follower("watches_max = 2\n");
  ASSERT_TRUE(follower.watch("notes"));
  ASSERT_TRUE(follower.watch("notes"));
  const auto third = follower.watch("notes");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, host::GuestCode::kFull);
  follower.instance->operations()->cancel(OperationId{1});
  follower.turn();
  EXPECT_TRUE(follower.watch("notes"));
}

TEST(FileWatch, ACancelledWatchTellsNothingMore) {
  Follower follower;
  ASSERT_TRUE(follower.watch("notes"));
  follower.turn();
  follower.write("a");
  follower.shard.descriptors.poll_now();
  follower.instance->operations()->cancel(OperationId{1});
  follower.turn_until_quiet();
  EXPECT_EQ(follower.told, (Told{"ready", ended(host::GuestCode::kCancelled)}));
  EXPECT_EQ(follower.shard.descriptors.size(), 0u);
}

TEST(FileWatch, AnActorThatDoesNotTakeGetsOneRescanAndThenTheTruth) {
  Follower follower("pending_max = 20\n");
  ASSERT_TRUE(follower.watch("notes"));
  follower.turn();
  for (int i = 0; i < 50; ++i) {
    follower.write(fmt::format("f{}", i % 25), fmt::format("{}", i));
    if (i % 5 == 4) {
      follower.shard.descriptors.poll_now();
      follower.shard.executor.advance(Milliseconds(100));
    }
  }
  EXPECT_FALSE(follower.actor.overflows.empty());
  EXPECT_EQ(follower.looks, 1u);
  follower.turn_until_quiet();
  EXPECT_EQ(follower.looks, 2u);
  EXPECT_EQ(follower.errors(), "");
}

TEST(FileWatch, IsReattachedAfterARestartAndTellsARescan) {
  Follower follower;
  ASSERT_TRUE(follower.watch("notes"));
  follower.turn();
  follower.write("missed");
  follower.restart("");
  follower.turn_until_quiet();
  EXPECT_EQ(follower.told, (Told{"ready", "rescan"}));
  EXPECT_EQ(follower.errors(), "");
  follower.write("seen");
  follower.turn();
  EXPECT_EQ(follower.told.back(), "created notes/seen");
}

/// The limit is for new ones.
TEST(FileWatch, MoreThanTheGrantAllowsNowGoOnAfterARestart) {
  Follower follower;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(follower.watch("notes", Depth::kRootOnly));
  follower.turn_until_quiet();
  follower.restart("watches_max = 1\n");
  follower.turn_until_quiet();
  EXPECT_EQ(follower.told.size(), 10u);
  EXPECT_EQ(std::ranges::count(follower.told, "rescan"), 5);
  EXPECT_FALSE(follower.watch("notes"));
  follower.write("seen");
  follower.turn_until_quiet();
  EXPECT_EQ(std::ranges::count(follower.told, "created notes/seen"), 5);
}

TEST(FileWatch, ItsGrantIsStrict) {
  const auto check = [](std::string_view text) {
    const auto status = make_family()->check_grant(*actor::parse_settings(text, "d/t.toml", {}));
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(check("roots = { a = \"x\", b = \"/y\" }\nwindow = \"50ms\"\n"), "");
  for (const char* bad :
       {"", "roots = {}\n", "roots = { \"a/b\" = \"x\" }\n", "roots = { a = 1 }\n",
        "roots = \"x\"\n", "roots = { a = \"x\" }\nwatches_max = 0\n",
        "roots = { a = \"x\" }\nwindow = \"0ms\"\n"}) {
    EXPECT_NE(check(bad), "") << bad;
  }
  EXPECT_NE(check("root = { a = \"x\" }\n").find("roots"), std::string::npos);
  const Grant grant = *parse_grant(*actor::parse_settings("roots = { a = \"x\" }", "d/t.toml", {}));
  EXPECT_EQ(grant.roots.at("a"), "d/x");
}

}  // namespace
}  // namespace theater::hosts::file_watch
