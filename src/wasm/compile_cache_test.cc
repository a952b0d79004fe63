// A component loaded twice is compiled once; a cache entry damaged in any byte is not used but
// rebuilt; an entry of another component or other settings is never taken.
#include "wasm/compile_cache.h"

#include <filesystem>

#include "io/posix_file.h"
#include "wasm/testing/guest_kit.h"

namespace theater::wasm {
namespace {

using testing::from_wat;
using testing::shared_engine;

constexpr std::string_view kText = R"((component
  (core module $m (func (export "f") (result i32) (i32.const 42)))
  (core instance $m (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $m "f")))))";

class CompileCacheTest : public ::testing::Test {
 protected:
  CompileCacheTest() : directory_(make_directory()) {}
  ~CompileCacheTest() override { std::filesystem::remove_all(directory_); }

  static std::string make_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "theater-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    return pattern;
  }
  Component::Source load() {
    const auto component = Component::load(shared_engine(), from_wat(kText), directory_).value();
    return component->source();
  }
  std::string only_file() {
    std::vector<std::string> names = files_->list(directory_).value();
    EXPECT_EQ(names.size(), 1u);
    return directory_ + "/" + names.front();
  }

  std::string directory_;
  std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
};

TEST_F(CompileCacheTest, TheSecondLoadIsCached) {
  EXPECT_EQ(load(), Component::Source::kCompiled);
  EXPECT_EQ(load(), Component::Source::kCached);
  const auto component = Component::load(shared_engine(), from_wat(kText), directory_).value();
  testing::Guest guest("(component)");
  guest.component = component;
  guest.linked = LinkedComponent::link(component, {}).value();
  EXPECT_EQ(guest.call("f"), "42");
}

TEST_F(CompileCacheTest, ADamagedEntryIsRebuilt) {
  EXPECT_EQ(load(), Component::Source::kCompiled);
  const std::string path = only_file();
  const Bytes good = io::read_file(*files_, path, 1 << 30).value();
  const std::size_t step = good.size() / 40 + 1;
  for (std::size_t place = 0; place < good.size(); place += step) {
    Bytes bad = good;
    bad[place] ^= 0x10;
    ASSERT_TRUE(io::write_file_atomically(*files_, path, bad).has_value());
    EXPECT_EQ(load(), Component::Source::kCompiled) << "byte " << place;
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{10}, good.size() - 1}) {
    const ByteSpan cut = ByteSpan(good).first(length);
    ASSERT_TRUE(io::write_file_atomically(*files_, path, cut).has_value());
    EXPECT_EQ(load(), Component::Source::kCompiled) << "length " << length;
  }
  EXPECT_EQ(load(), Component::Source::kCached) << "the rebuilt entry is stored";
}

TEST_F(CompileCacheTest, AnEntryIsForItsKeyOnly) {
  CompileCache cache(*files_, directory_);
  CacheKey key;
  key.component.bytes[0] = 1;
  const CacheEntry entry{{1, 2, 3}, {{4, 5}, {}}};
  ASSERT_TRUE(cache.store(key, entry).has_value());
  EXPECT_EQ(cache.find(key), entry);
  CacheKey other = key;
  other.settings.bytes[31] = 9;  // beyond the part of it that names the file
  EXPECT_EQ(cache.path_of(other), cache.path_of(key));
  EXPECT_EQ(cache.find(other), std::nullopt);
  other = key;
  other.component.bytes[5] = 9;
  EXPECT_EQ(cache.find(other), std::nullopt);
}

TEST_F(CompileCacheTest, WithoutADirectoryNothingIsKept) {
  const auto component = Component::load(shared_engine(), from_wat(kText), "").value();
  EXPECT_EQ(component->source(), Component::Source::kCompiled);
  EXPECT_TRUE(files_->list(directory_).value().empty());
}

TEST_F(CompileCacheTest, AnUnusableDirectoryIsNoFailure) {
  const auto component = Component::load(shared_engine(), from_wat(kText), "/dev/null/none");
  ASSERT_TRUE(component.has_value());
  EXPECT_EQ((*component)->source(), Component::Source::kCompiled);
}

}  // namespace
}  // namespace theater::wasm
