// A guest's path is a folder's name and a place below it; everything that could mean another place
// is refused before anything is opened.
#include "host/granted_folders.h"

#include <gtest/gtest.h>

namespace theater::host {
namespace {

GuestCode code_of(std::string_view path) {
  const auto parsed = parse_folder_path(path);
  EXPECT_FALSE(parsed) << path;
  return parsed ? GuestCode::kInternal : parsed.error().code;
}

TEST(GrantedFolders, TakesPathsApart) {
  const auto bare = parse_folder_path("notes");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->folder, "notes");
  EXPECT_EQ(bare->rest, "");
  const auto deep = parse_folder_path("notes/a b/c..d/.hidden");
  ASSERT_TRUE(deep);
  EXPECT_EQ(deep->folder, "notes");
  EXPECT_EQ(deep->rest, "a b/c..d/.hidden");
}

TEST(GrantedFolders, DeniesWhatLeadsOut) {
  for (const char* path : {"/etc/passwd", "/", "..", "notes/..", "notes/../x", "notes/a/../../x"}) {
    EXPECT_EQ(code_of(path), GuestCode::kDenied) << path;
  }
}

TEST(GrantedFolders, RefusesWhatIsNoPath) {
  for (const char* path : {"", "notes/", "notes//a", ".", "notes/./a"}) {
    EXPECT_EQ(code_of(path), GuestCode::kInvalid) << path;
  }
  EXPECT_EQ(code_of(std::string_view("notes/a\0b", 9)), GuestCode::kInvalid);
  EXPECT_EQ(code_of("notes/" + std::string(kPathBytesMax, 'x')), GuestCode::kInvalid);
}

TEST(GrantedFolders, NamesAreShortAndPlain) {
  EXPECT_TRUE(is_folder_name("notes-2026_v1.2"));
  for (const char* name : {"", ".hidden", "a/b", "a b", "..", "\xc3\xa9"}) {
    EXPECT_FALSE(is_folder_name(name)) << name;
  }
  EXPECT_FALSE(is_folder_name(std::string(kFolderNameBytesMax + 1, 'a')));
}

}  // namespace
}  // namespace theater::host
