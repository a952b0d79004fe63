// MemoryFile: reads, writes and syncs with the disk's faults.
#include "io/memory/memory_file.h"

#include <algorithm>
#include <cerrno>

namespace theater::io {

Transfer MemoryFile::read_some(std::uint64_t offset, std::span<std::uint8_t> buffer) const {
  const std::lock_guard lock(disk_.mutex_);
  if (lost()) return {0, EIO};
  const auto fault = disk_.next_fault();
  if (fault == DiskFault::kInterrupted) return {0, EINTR};
  if (fault && *fault != DiskFault::kShort) return {0, EIO};
  const Bytes& bytes = node_->now;
  if (offset >= bytes.size()) return {0, 0};
  std::size_t count = std::min<std::size_t>(buffer.size(), bytes.size() - offset);
  if (fault == DiskFault::kShort) count = (count + 1) / 2;
  std::copy_n(bytes.data() + offset, count, buffer.data());
  return {count, 0};
}

void MemoryFile::store(std::uint64_t offset, ByteSpan bytes) {
  if (bytes.empty()) return;
  const std::uint64_t end = offset + bytes.size();
  if (node_->now.size() < end) node_->now.resize(end);
  std::copy_n(bytes.data(), bytes.size(), node_->now.data() + offset);
  for (std::uint64_t sector = offset / MemoryDisk::kSector; sector * MemoryDisk::kSector < end;
       ++sector) {
    node_->unsynced.insert(sector);
  }
}

Transfer MemoryFile::write_some(std::uint64_t offset, ByteSpan bytes) {
  const std::lock_guard lock(disk_.mutex_);
  if (lost()) return {0, EIO};
  const auto fault = disk_.next_fault_of(path_);
  if (fault == DiskFault::kInterrupted) return {0, EINTR};
  if (fault == DiskFault::kError) return {0, EIO};
  if (fault == DiskFault::kNoSpace) return {0, ENOSPC};
  const std::uint64_t end = offset + bytes.size();
  const std::uint64_t grown = end > node_->now.size() ? end - node_->now.size() : 0;
  if (grown > 0 && disk_.used_bytes() + grown > disk_.capacity_) return {0, ENOSPC};
  const bool half = fault == DiskFault::kShort || fault == DiskFault::kTornWrite;
  const ByteSpan part = half ? bytes.first((bytes.size() + 1) / 2) : bytes;
  store(offset, part);
  if (fault == DiskFault::kTornWrite) return {0, EIO};
  return {part.size(), 0};
}

Result<std::size_t> MemoryFile::read_at(std::uint64_t offset,
                                        std::span<std::uint8_t> buffer) const {
  return read_fully(path_, offset, buffer, [&](std::uint64_t at, std::span<std::uint8_t> into) {
    return read_some(at, into);
  });
}

Status MemoryFile::write_at(std::uint64_t offset, ByteSpan bytes) {
  return write_fully(path_, offset, bytes,
                     [&](std::uint64_t at, ByteSpan from) { return write_some(at, from); });
}

Status MemoryFile::sync_data() {
  const std::lock_guard lock(disk_.mutex_);
  if (lost()) return std::unexpected(errno_error("sync " + path_, EIO));
  const auto fault = disk_.next_fault_of(path_);
  if (fault == DiskFault::kSyncDropsPages) {
    node_->unsynced.clear();
    node_->now = node_->durable;
    return std::unexpected(errno_error("sync " + path_, EIO));
  }
  if (fault == DiskFault::kSyncLeavesClean) node_->unsynced.clear();
  if (fault && *fault != DiskFault::kShort && *fault != DiskFault::kInterrupted) {
    return std::unexpected(
        errno_error("sync " + path_, *fault == DiskFault::kNoSpace ? ENOSPC : EIO));
  }
  if (disk_.ignore_sync_ && disk_.ignore_sync_(path_, MemoryDisk::SyncOf::kData)) return {};
  disk_.sync(*node_);
  return {};
}

Status MemoryFile::sync_all() { return sync_data(); }

Result<std::uint64_t> MemoryFile::size() const {
  const std::lock_guard lock(disk_.mutex_);
  if (lost()) return std::unexpected(errno_error("size of " + path_, EIO));
  return node_->now.size();
}

Status MemoryFile::resize(std::uint64_t bytes) {
  const std::lock_guard lock(disk_.mutex_);
  if (lost()) return std::unexpected(errno_error("resize " + path_, EIO));
  TRY_OK(disk_.refuse_if_faulty("resize " + path_));
  const std::uint64_t before = node_->now.size();
  if (bytes > before && disk_.used_bytes() + (bytes - before) > disk_.capacity_) {
    return std::unexpected(errno_error("resize " + path_, ENOSPC));
  }
  node_->now.resize(bytes);
  for (std::uint64_t at = std::min(before, bytes) / MemoryDisk::kSector;
       at * MemoryDisk::kSector < std::max(before, bytes); ++at) {
    node_->unsynced.insert(at);
  }
  return {};
}

Status MemoryFile::allocate(std::uint64_t bytes) {
  TRY(const std::uint64_t now, size());
  return bytes > now ? resize(bytes) : Status{};
}

}  // namespace theater::io
