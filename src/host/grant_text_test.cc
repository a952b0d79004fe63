// A path in a grant starts beside the manifest unless it is absolute; names of resources are short
// words.
#include "host/grant_text.h"

#include <gtest/gtest.h>

namespace theater::host {
namespace {

TEST(GrantText, PathsStartBesideTheManifest) {
  actor::Setting table;
  table.file = "/srv/app/app.toml";
  EXPECT_EQ(beside_manifest(table, "notes"), "/srv/app/notes");
  EXPECT_EQ(beside_manifest(table, "/var/notes"), "/var/notes");
  table.file = "app.toml";
  EXPECT_EQ(beside_manifest(table, "notes"), "notes");
}

TEST(GrantText, NamesOfResourcesAreShortWords) {
  EXPECT_TRUE(is_resource_name("main-db_2"));
  EXPECT_TRUE(is_resource_name(std::string(kResourceNameBytesMax, 'a')));
  EXPECT_FALSE(is_resource_name(std::string(kResourceNameBytesMax + 1, 'a')));
  for (const char* name : {"", "Main", "a b", "a.b", "a/b", "\xc3\xa4"}) {
    EXPECT_FALSE(is_resource_name(name)) << name;
  }
}

}  // namespace
}  // namespace theater::host
