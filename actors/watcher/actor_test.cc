// One watch is set at birth; each kind of change is counted and logged as what it is.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

namespace {

using theater::actor::file_watch_types::Payload;
using theater::testing::Stage;

theater::FileChange change(theater::ChangeKind kind, std::string_view path) {
  theater::FileChange made{};
  made.path = path;
  made.change = kind;
  return made;
}

TEST(Watcher, WatchesItsFolderWithAllBelow) {
  Stage<Watcher> stage;
  ASSERT_EQ(stage.host().watches.size(), 1u);
  EXPECT_EQ(stage.host().watches[0].path, "folder");
  EXPECT_TRUE(stage.host().watches[0].recursive);
}

TEST(Watcher, CountsAndLogs) {
  Stage<Watcher> stage;
  stage.file_watch(1, Payload::make_ready());
  stage.file_watch(1, Payload::make_changed(change(theater::ChangeKind::kCreated, "folder/a")));
  auto renamed = change(theater::ChangeKind::kRenamed, "folder/b");
  renamed.old_path = std::string_view("folder/a");
  stage.file_watch(1, Payload::make_changed(renamed));
  stage.file_watch(1, Payload::make_rescan());
  ASSERT_EQ(stage.host().log.size(), 4u);
  EXPECT_EQ(stage.host().log[1].text, "created folder/a");
  EXPECT_EQ(stage.host().log[2].text, "renamed folder/a to folder/b");
  EXPECT_EQ(stage.host().log[3].text, "watching, look 2");
}

}  // namespace
