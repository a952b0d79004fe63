// Reading ahead, and looking for what should be zero.
#include "chain/segment_window.h"

#include <algorithm>
#include <cstring>

namespace theater::chain {
namespace {

constexpr std::size_t kReadAheadMax = 128 * 1024;

}  // namespace

std::size_t first_nonzero(ByteSpan bytes) {
  constexpr std::size_t kStep = 64;
  std::size_t at = 0;
  for (; at + kStep <= bytes.size(); at += kStep) {
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < kStep; i += 8) any |= load_le<std::uint64_t>(bytes.data() + at + i);
    if (any != 0) break;
  }
  while (at < bytes.size() && bytes[at] == 0) ++at;
  return at;
}

Result<SegmentWindow> SegmentWindow::open(io::FileSystem& files, const std::string& path) {
  TRY(auto file, files.open(path, io::OpenMode::kRead));
  TRY(const std::uint64_t size, file->size());
  return SegmentWindow(std::move(file), size);
}

Result<ByteSpan> SegmentWindow::view(std::uint64_t offset, std::size_t bytes) {
  const bool begins_inside = offset >= base_ && offset - base_ <= held_;
  const bool is_inside = begins_inside && bytes <= held_ - (offset - base_);
  if (!is_inside) TRY_OK(move_to(offset, bytes));
  const std::size_t at = offset - base_;
  return ByteSpan(buffer_).subspan(at, std::min(bytes, held_ - at));
}

/// What it holds from `offset` on is kept, so that a file is read once, however its batches lie. No
/// more is asked for than there is: offset and length may be what a forger wrote.
Status SegmentWindow::move_to(std::uint64_t offset, std::size_t bytes) {
  std::uint64_t end = size_;
  if (offset > end || bytes > end - offset) {  // a writer may have gone on
    TRY(const std::uint64_t now, file_->size());
    end = std::max(end, now);
  }
  const std::uint64_t rest = offset < end ? end - offset : 0;
  const bool overlaps = offset >= base_ && offset - base_ < held_;
  const std::size_t kept = overlaps ? base_ + held_ - offset : 0;
  if (overlaps) std::memmove(buffer_.data(), buffer_.data() + (offset - base_), kept);
  base_ = offset;
  held_ = kept;
  buffer_.resize(std::max({std::min<std::uint64_t>(bytes, rest),
                           std::min<std::uint64_t>(read_ahead_, rest), std::uint64_t{kept}}));
  read_ahead_ = std::min(2 * read_ahead_, kReadAheadMax);
  if (kept == buffer_.size()) return {};
  TRY(const std::size_t more, file_->read_at(offset + kept, std::span(buffer_).subspan(kept)));
  held_ += more;
  return {};
}

Result<std::uint64_t> SegmentWindow::first_nonzero(std::uint64_t from, std::uint64_t to) {
  while (from < to) {
    const std::size_t wanted = std::min<std::uint64_t>(to - from, kReadAheadMax);
    TRY(const ByteSpan bytes, view(from, wanted));
    const std::size_t at = chain::first_nonzero(bytes);
    if (at < bytes.size()) return from + at;
    if (bytes.size() < wanted) return to;
    from += wanted;
  }
  return to;
}

}  // namespace theater::chain
