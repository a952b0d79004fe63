// A file opened for direct writes holds what was written to it, whatever mix of whole sectors,
// odd pieces, aligned and other memory it came in, for every descriptor that reads it. A lock can
// be asked about without being taken.
#include "io/posix_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>

namespace theater::io {
namespace {

constexpr std::size_t kFileBytes = 256 * 1024;
constexpr std::size_t kWriteBytesMax = 32 * 1024;

struct Free {
  void operator()(std::uint8_t* memory) const { std::free(memory); }
};

/// A piece of a file: sectors from aligned memory half of the time, else anything.
struct Write {
  std::size_t offset, bytes, shift;
  explicit Write(std::mt19937& random) {
    const std::size_t unit = random() % 2 == 0 ? 512 : 1;
    shift = unit == 512 ? 0 : random() % 64;
    bytes = (1 + random() % (kWriteBytesMax / unit)) * unit;
    offset = random() % ((kFileBytes - bytes) / unit + 1) * unit;
  }
};

TEST(PosixFile, DirectWritesAreSeenByAll) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string path =
      std::filesystem::temp_directory_path() / fmt::format("theater-direct-{}", ::getpid());
  const auto files = make_posix_file_system();
  ASSERT_TRUE(write_file_atomically(*files, path, Bytes(kFileBytes)));
  const auto file = files->open(path, OpenMode::kReadWriteDirect).value();
  const auto reader = files->open(path, OpenMode::kRead).value();
  const std::unique_ptr<std::uint8_t, Free> memory(static_cast<std::uint8_t*>(
      std::aligned_alloc(kDirectAlignment, kWriteBytesMax + kDirectAlignment)));
  Bytes model(kFileBytes), seen(kFileBytes);
  for (int step = 0; step < 200; ++step) {
    const Write write(random);
    const std::span<std::uint8_t> piece(memory.get() + write.shift, write.bytes);
    std::ranges::generate(piece, [&] { return static_cast<std::uint8_t>(random()); });
    ASSERT_TRUE(file->write_at(write.offset, piece));
    std::ranges::copy(piece, model.begin() + static_cast<std::ptrdiff_t>(write.offset));
    if (step % 8 == 0) ASSERT_TRUE(file->sync_data());
    const auto& looks = step % 2 == 0 ? reader : file;
    ASSERT_EQ(looks->read_at(0, seen).value(), kFileBytes);
    ASSERT_TRUE(seen == model) << "step " << step;
  }
  EXPECT_EQ(file->size().value(), kFileBytes);
  ASSERT_TRUE(files->remove(path));
}

TEST(PosixFile, TellsOfALockWithoutTakingIt) {
  const std::string path =
      std::filesystem::temp_directory_path() / fmt::format("theater-lock-{}", ::getpid());
  const auto files = make_posix_file_system();
  EXPECT_FALSE(files->is_locked(path)) << "there is no such file";
  EXPECT_FALSE(files->exists(path)) << "it was not made";
  auto lock = files->lock(path);
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_TRUE(files->is_locked(path));
  EXPECT_EQ(files->lock(path).error().code, Code::kConflict);
  EXPECT_TRUE(files->is_locked(path)) << "to be refused, or to ask, takes nothing from the holder";
  lock->reset();
  EXPECT_FALSE(files->is_locked(path));
  EXPECT_TRUE(files->lock(path)) << "and whoever asked does not hold it";
  ASSERT_TRUE(files->remove(path));
}

}  // namespace
}  // namespace theater::io
