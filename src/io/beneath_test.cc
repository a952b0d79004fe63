// No name leads out of a Beneath: not "..", not an absolute path, not a link, not one that is put
// there while names are looked up.
#include "io/beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace theater::io {
namespace {

namespace fs = std::filesystem;

struct BeneathTest : testing::Test {
  fs::path root = fs::temp_directory_path() / fmt::format("theater-beneath-{}", ::getpid());
  std::unique_ptr<Beneath> folder;

  void SetUp() override {
    fs::remove_all(root);
    fs::create_directories(root / "inside" / "deep");
    write(root / "secret", "secret");
    write(root / "inside" / "open", "open");
    folder = *Beneath::open((root / "inside").string());
  }
  void TearDown() override { fs::remove_all(root); }
  static void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }
  Code code(const std::string& path, Links links = Links::kInside) const {
    const auto opened = folder->open_at(path, {O_RDONLY, 0, links});
    EXPECT_FALSE(opened) << path;
    return opened ? Code::kInternal : opened.error().code;
  }
  bool opens(const std::string& path, Links links = Links::kInside) const {
    return folder->open_at(path, {O_RDONLY, 0, links}).has_value();
  }
};

TEST_F(BeneathTest, OpensWhatIsBelow) {
  EXPECT_TRUE(opens("open"));
  EXPECT_TRUE(opens("deep"));
  EXPECT_TRUE(opens(""));
  EXPECT_EQ(code("none"), Code::kNotFound);
  EXPECT_EQ(code("open/none"), Code::kNotFound);
  EXPECT_FALSE(Beneath::open((root / "none").string()));
}

TEST_F(BeneathTest, RefusesWhatLeadsOut) {
  fs::create_symlink("../secret", root / "inside" / "relative");
  fs::create_symlink(root / "secret", root / "inside" / "absolute");
  fs::create_directory_symlink("..", root / "inside" / "up");
  for (const std::string path :
       {"../secret", "/etc/passwd", "deep/../../secret", "relative", "absolute", "up/secret"}) {
    EXPECT_EQ(code(path), Code::kDenied) << path;
  }
  EXPECT_EQ(code(std::string("open\0x", 6)), Code::kInvalid);
  EXPECT_EQ(code(std::string(5000, 'x')), Code::kInvalid);
}

TEST_F(BeneathTest, FollowsLinksInsideOnlyIfTheyAreWanted) {
  fs::create_symlink("open", root / "inside" / "link");
  EXPECT_TRUE(opens("link"));
  EXPECT_EQ(code("link", Links::kRefused), Code::kDenied);
  // The link itself may be looked at.
  const auto link = folder->open_at("link", {O_PATH | O_NOFOLLOW, 0, Links::kRefused});
  ASSERT_TRUE(link);
  struct stat status{};
  ASSERT_EQ(::fstat(link->get(), &status), 0);
  EXPECT_TRUE(S_ISLNK(status.st_mode));
}

TEST_F(BeneathTest, ASecondFolderBelowHoldsToItself) {
  const auto deep = folder->open_below("deep", Links::kRefused);
  ASSERT_TRUE(deep);
  EXPECT_EQ((*deep)->open_at("../open", {O_RDONLY}).error().code, Code::kDenied);
  EXPECT_FALSE(folder->open_below("open", Links::kRefused));
}

TEST_F(BeneathTest, PlacesHaveADirectoryAndAName) {
  const auto place = folder->place_of("deep/file");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->name, "file");
  EXPECT_EQ(folder->place_of("open")->name, "open");
  for (const std::string path : {"", "deep/", "deep/..", "."}) {
    EXPECT_FALSE(folder->place_of(path)) << path;
  }
}

TEST_F(BeneathTest, NothingLeadsOutWhileADirectoryTurnsIntoALink) {
  std::atomic<bool> is_over = false;
  std::thread swapper([&] {
    while (!is_over) {
      std::error_code ignored;
      fs::rename(root / "inside" / "deep", root / "inside" / "was", ignored);
      fs::create_directory_symlink("..", root / "inside" / "deep", ignored);
      fs::remove(root / "inside" / "deep", ignored);
      fs::rename(root / "inside" / "was", root / "inside" / "deep", ignored);
    }
  });
  for (int i = 0; i < 5000; ++i) EXPECT_FALSE(opens("deep/secret"));
  is_over = true;
  swapper.join();
}

}  // namespace
}  // namespace theater::io
