// SegmentWindow: a file read through a buffer that moves along it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "io/file.h"

namespace theater::chain {

/// For reading a file mostly forwards: the farther it gets without a pause, the more it reads
/// ahead. Not for concurrent use.
class SegmentWindow {
 public:
  static Result<SegmentWindow> open(io::FileSystem& files, const std::string& path);

  /// `bytes` bytes from `offset`, fewer only at the end of the file. Valid until the next call.
  Result<ByteSpan> view(std::uint64_t offset, std::size_t bytes);
  /// Forgets what was read, so that the next view sees what a writer has done since.
  void forget() {
    held_ = 0;
    read_ahead_ = kReadAheadMin;
  }
  std::uint64_t size() const { return size_; }
  /// The place of the first byte that is not zero in [from, to); `to` if all are.
  Result<std::uint64_t> first_nonzero(std::uint64_t from, std::uint64_t to);

 private:
  SegmentWindow(std::unique_ptr<io::File> file, std::uint64_t size)
      : file_(std::move(file)), size_(size) {}
  static constexpr std::size_t kReadAheadMin = 64 * 1024;

  Status move_to(std::uint64_t offset, std::size_t bytes);

  std::unique_ptr<io::File> file_;
  std::uint64_t size_;
  Bytes buffer_;
  std::uint64_t base_ = 0;
  std::size_t held_ = 0;
  std::size_t read_ahead_ = kReadAheadMin;
};

/// The index of the first byte that is not zero, or the size.
std::size_t first_nonzero(ByteSpan bytes);

}  // namespace theater::chain
