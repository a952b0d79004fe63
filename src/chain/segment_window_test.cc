// A window shows what the file has at a place, whatever place and length are asked for, and never
// what is not in the file.
#include "chain/segment_window.h"

#include <gtest/gtest.h>

#include <limits>

#include "io/memory/memory_disk.h"

namespace theater::chain {
namespace {

constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();

Bytes numbers(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
  return bytes;
}

TEST(SegmentWindow, ShowsWhatIsThereAndNothingElse) {
  io::MemoryDisk disk;
  const Bytes content = numbers(1000);
  disk.set_content("/file", content);
  SegmentWindow window = SegmentWindow::open(disk, "/file").value();
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{500}, kEnd - 1}) {
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{999}, std::uint64_t{1000},
                                       std::uint64_t{1001}, kEnd / 2, kEnd - 99, kEnd}) {
      for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{100},
                                      std::size_t{1} << 40, std::size_t{kEnd}}) {
        static_cast<void>(window.view(first, 100));
        const auto seen = window.view(offset, bytes);
        if (!seen) continue;  // the disk refuses such a place
        const std::size_t there = offset < 1000 ? 1000 - offset : 0;
        ASSERT_EQ(seen->size(), std::min(bytes, there)) << offset << ' ' << bytes;
        for (std::size_t i = 0; i < seen->size(); ++i) {
          ASSERT_EQ((*seen)[i], content[offset + i]);
        }
      }
    }
  }
}

TEST(SegmentWindow, SeesWhatAWriterHasAppended) {
  io::MemoryDisk disk;
  disk.set_content("/file", numbers(10));
  SegmentWindow window = SegmentWindow::open(disk, "/file").value();
  EXPECT_EQ(window.view(0, 20)->size(), 10u);
  disk.set_content("/file", numbers(20));
  window.forget();
  EXPECT_EQ(to_bytes(window.view(0, 20).value()), numbers(20));
}

}  // namespace
}  // namespace theater::chain
