// Regular files below the folder open; nothing else does: no parent, no absolute path, no hidden
// file, no symbolic link, no directory, no pipe.
#include "io/folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace theater::io {
namespace {

namespace fs = std::filesystem;

struct FolderTest : testing::Test {
  fs::path root = fs::temp_directory_path() / fmt::format("theater-folder-{}", ::getpid());
  FolderTest() {
    fs::create_directories(root / "public/deep");
    write("secret", "s");
    write("public/a.txt", "hello");
    write("public/deep/b.txt", "b");
    write("public/.hidden", "h");
    fs::create_symlink("../secret", root / "public/link");
    fs::create_symlink("deep", root / "public/linked");
    ::mkfifo((root / "public/pipe").c_str(), 0600);
  }
  ~FolderTest() override { fs::remove_all(root); }
  void write(const char* name, const char* text) { std::ofstream(root / name) << text; }
};

TEST_F(FolderTest, OnlyRegularFilesBelow) {
  const auto folder = *Folder::open((root / "public").string());
  std::array<std::uint8_t, 16> buffer;
  const auto file = folder->open_file("a.txt");
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), 5u);
  EXPECT_EQ(*(*file)->read_at(1, buffer), 4u);
  EXPECT_EQ(*(*file)->read_at(5, buffer), 0u);
  EXPECT_TRUE(folder->open_file("deep/b.txt"));
  for (const char* name :
       {"", ".", "..", "../secret", "deep/../a.txt", "/etc/passwd", "a.txt/", "deep", "link",
        "linked/b.txt", ".hidden", "pipe", "deep//b.txt", "missing", "a.txt/b"}) {
    EXPECT_FALSE(folder->open_file(name)) << name;
  }
  EXPECT_FALSE(folder->open_file(std::string_view("a.txt\0x", 7)));
  EXPECT_FALSE(Folder::open((root / "nowhere").string()));
}

}  // namespace
}  // namespace theater::io
