// Whoever follows the items has exactly the names that are there and read what was written last,
// whatever happens in the tree, even while it is looked at; each kind of change is told as what it
// is; bounds end the watch.
#include "hosts/file_watch/picture.h"

#include <gtest/gtest.h>

#include <random>

#include "hosts/file_watch/fake_tree.h"

namespace theater::hosts::file_watch {
namespace {

/// An actor's view: what it read when it looked, and what it read for the items since. It reads a
/// renamed file again: what it read under the old name may have been something newer.
class Follower {
 public:
  explicit Follower(const FakeTree& tree) : tree_(tree), versions_(tree.versions()) {}
  void apply(const Item& item) {
    if (item.old_path) versions_.erase(*item.old_path);
    if (item.change == Change::kRemoved) {
      versions_.erase(item.path);
    } else {
      versions_[item.path] = read(item.path);
    }
  }
  const std::map<std::string, std::uint64_t>& versions() const { return versions_; }

 private:
  /// 0: nothing, because it is a directory or has gone again.
  std::uint64_t read(const std::string& path) const {
    const auto there = tree_.versions();
    const auto found = there.find(path);
    return found == there.end() ? 0 : found->second;
  }
  const FakeTree& tree_;
  std::map<std::string, std::uint64_t> versions_;
};

std::string text(const Item& item) {
  constexpr std::string_view kWords[] = {"created", "modified", "removed", "renamed"};
  const std::string_view word = kWords[static_cast<std::size_t>(item.change)];
  return item.old_path ? fmt::format("{} {} {}", word, *item.old_path, item.path)
                       : fmt::format("{} {}", word, item.path);
}

using Texts = std::vector<std::string>;

struct Pictured {
  FakeTree tree;
  Hints hints{{4096, Milliseconds(100)}};
  std::unique_ptr<Picture> picture;
  MonotonicTime now;

  void scan(Picture::Limits limits = {}) {
    picture = std::make_unique<Picture>(tree, limits);
    const Status scanned = picture->scan();
    ASSERT_TRUE(scanned) << scanned.error().message;
    tree.signals.clear();
  }
  void read() {
    std::vector<Signal> signals;
    ASSERT_TRUE(tree.read(signals));
    for (const Signal& signal : signals) hints.add(signal, now);
  }
  Result<std::vector<Item>> items() {
    read();
    now = now + Milliseconds(100);
    std::vector<Item> items;
    TRY_OK(picture->examine(hints.take(now), items));
    return items;
  }
  Texts told() {
    Texts texts;
    for (const Item& item : *items()) texts.push_back(text(item));
    return texts;
  }
};

TEST(Picture, TellsWhatWasMadeWrittenAndRemoved) {
  Pictured pictured;
  pictured.tree.write("old");
  pictured.scan();
  pictured.tree.write("new");
  pictured.tree.write("old");
  EXPECT_EQ(pictured.told(), (Texts{"created new", "modified old"}));
  pictured.tree.remove("old");
  EXPECT_EQ(pictured.told(), Texts{"removed old"});
  EXPECT_EQ(pictured.told(), Texts{});
}

TEST(Picture, ManyChangesOfANameInAWindowAreOne) {
  Pictured pictured;
  pictured.tree.write("a");
  pictured.scan();
  for (int i = 0; i < 50; ++i) pictured.tree.write("a");
  pictured.tree.write("brief");
  pictured.tree.remove("brief");
  EXPECT_EQ(pictured.told(), Texts{"modified a"});
  pictured.tree.remove("a");
  pictured.tree.write("a");
  EXPECT_EQ(pictured.told(), Texts{"modified a"});
}

TEST(Picture, PairsRenames) {
  Pictured pictured;
  pictured.tree.write("a");
  pictured.tree.make_directory("d");
  pictured.scan();
  pictured.tree.rename("a", "b");
  EXPECT_EQ(pictured.told(), Texts{"renamed a b"});
  pictured.tree.rename("b", "c");
  pictured.tree.rename("c", "d/c");
  EXPECT_EQ(pictured.told(), Texts{"renamed b d/c"});
  pictured.tree.write("d/c");
  pictured.tree.rename("d/c", "e");
  EXPECT_EQ(pictured.told(), (Texts{"renamed d/c e", "modified e"}));
}

TEST(Picture, ARenameOverANameTakesItsPlace) {
  Pictured pictured;
  pictured.tree.write("a");
  pictured.tree.write("b");
  pictured.scan();
  pictured.tree.rename("a", "b");
  EXPECT_EQ(pictured.told(), Texts{"renamed a b"});
  EXPECT_EQ(pictured.picture->entries(), 1u);
}

TEST(Picture, AnEditorsAtomicSaveIsAModification) {
  Pictured pictured;
  pictured.tree.write("text");
  pictured.scan();
  pictured.tree.write(".text.swp");
  pictured.tree.rename(".text.swp", "text");
  EXPECT_EQ(pictured.told(), Texts{"modified text"});
  // The other habit: the old file steps aside, the new one is written, the old one goes.
  pictured.tree.rename("text", "text~");
  pictured.tree.write("text");
  pictured.tree.remove("text~");
  EXPECT_EQ(pictured.told(), Texts{"modified text"});
}

TEST(Picture, ADirectoryIsToldNameByName) {
  Pictured pictured;
  pictured.scan();
  pictured.tree.make_directory("d");
  pictured.tree.make_directory("d/e");
  pictured.tree.write("d/e/f");
  EXPECT_EQ(pictured.told(), (Texts{"created d", "created d/e", "created d/e/f"}));
  pictured.tree.rename("d", "g");
  EXPECT_EQ(pictured.told(), (Texts{"renamed d g", "renamed d/e g/e", "renamed d/e/f g/e/f"}));
  pictured.tree.write("g/e/f");
  EXPECT_EQ(pictured.told(), Texts{"modified g/e/f"});
  pictured.tree.remove("g/e/f");
  pictured.tree.remove("g/e");
  pictured.tree.remove("g");
  EXPECT_EQ(pictured.told(), (Texts{"removed g/e/f", "removed g/e", "removed g"}));
  EXPECT_EQ(pictured.picture->directories(), 1u);
}

TEST(Picture, AReplacedDirectoryIsReadAnew) {
  Pictured pictured;
  pictured.tree.make_directory("d");
  pictured.tree.write("d/old");
  pictured.scan();
  Follower follower(pictured.tree);
  pictured.tree.remove("d/old");
  pictured.tree.remove("d");
  pictured.tree.make_directory("d");
  pictured.tree.write("d/new");
  for (int window = 0; window < 2; ++window) {
    for (const Item& item : *pictured.items()) follower.apply(item);
  }
  EXPECT_EQ(follower.versions(), pictured.tree.versions());
  pictured.tree.write("d/more");
  EXPECT_EQ(pictured.told(), Texts{"created d/more"});
}

TEST(Picture, ARootOnlyWatchEntersNothing) {
  Pictured pictured;
  pictured.tree.make_directory("d");
  pictured.scan({.depth = Depth::kRootOnly});
  pictured.tree.write("d/f");
  pictured.tree.write("f");
  pictured.tree.make_directory("e");
  EXPECT_EQ(pictured.told(), (Texts{"created e", "created f"}));
  EXPECT_EQ(pictured.tree.watches(), 1u);
}

TEST(Picture, BoundsEndTheWatch) {
  Pictured pictured;
  pictured.scan({.directories_max = 2, .entries_max = 3});
  pictured.tree.make_directory("a");
  pictured.tree.write("b");
  EXPECT_TRUE(pictured.items());
  pictured.tree.make_directory("c");
  const auto directories = pictured.items();
  ASSERT_FALSE(directories);
  EXPECT_EQ(directories.error().code, Code::kFull);
  EXPECT_EQ(directories.error().message, "directories_max is 2");
  pictured.tree.write("d");
  EXPECT_EQ(pictured.items().error().message, "entries_max is 3");
}

TEST(Picture, NamesThatAreNoTextAreCountedNotTold) {
  Pictured pictured;
  pictured.scan();
  pictured.tree.write("\xff");
  EXPECT_EQ(pictured.told(), Texts{});
  EXPECT_EQ(pictured.picture->unreadable(), 1u);
}

TEST(Picture, ADirectoryThatCannotBeReadIsKnownByName) {
  Pictured pictured;
  pictured.scan();
  pictured.tree.make_directory("d");
  pictured.tree.scan_failure = Error{Code::kDenied, "closed"};
  EXPECT_EQ(pictured.told(), Texts{"created d"});
  EXPECT_EQ(pictured.picture->unreadable(), 1u);
  pictured.tree.scan_failure = Error{Code::kIo, "broken"};
  pictured.tree.make_directory("e");
  EXPECT_EQ(pictured.items().error().code, Code::kIo);
}

/// Seeded mischief in a small tree, so that names meet often.
class Mischief {
 public:
  explicit Mischief(std::uint64_t seed, FakeTree& tree) : random_(seed), tree_(tree) {}
  void once() {
    switch (random_() % 6) {
      case 0:
        return tree_.make_directory(path());
      case 1:
        return tree_.write(path());
      case 2:
      case 3:
        return tree_.remove(path());
      default:
        return tree_.rename(path(), path());
    }
  }
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  std::string path() {
    std::string path;
    for (std::uint64_t depth = 1 + below(3); depth > 0; --depth) {
      path += (path.empty() ? "" : "/") + std::string(1, static_cast<char>('a' + below(3)));
    }
    return path;
  }
  std::mt19937_64 random_;
  FakeTree& tree_;
};

TEST(Picture, ItemsAlwaysLeadToTheTruth) {
  constexpr std::uint64_t kSeeds = 3000;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {} of ItemsAlwaysLeadToTheTruth", seed));
    Pictured pictured;
    Mischief mischief(seed, pictured.tree);
    for (int i = 0; i < 20; ++i) mischief.once();
    pictured.scan();
    Follower follower(pictured.tree);
    pictured.tree.meanwhile = [&] {
      if (mischief.below(4) == 0) mischief.once();
    };
    for (int window = 0; window < 20; ++window) {
      for (std::uint64_t n = mischief.below(6); n > 0; --n) mischief.once();
      for (const Item& item : *pictured.items()) follower.apply(item);
    }
    pictured.tree.meanwhile = nullptr;
    for (int quiet = 0; quiet < 3; ++quiet) {
      for (const Item& item : *pictured.items()) follower.apply(item);
    }
    ASSERT_EQ(follower.versions(), pictured.tree.versions());
    ASSERT_EQ(pictured.picture->entries(), pictured.tree.versions().size());
    ASSERT_EQ(pictured.told(), Texts{});
  }
}

}  // namespace
}  // namespace theater::hosts::file_watch
