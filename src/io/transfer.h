// Whole transfers from partial ones: the loops around read and write that every File needs.
#pragma once

#include <cerrno>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::io {

/// What one system call did: bytes moved, or an errno value.
struct Transfer {
  std::size_t bytes = 0;
  int error_number = 0;
};

/// Calls `write_some(offset, bytes) -> Transfer` until all is written. EINTR is tried again; a
/// write that moves nothing counts as a failed device.
template <typename WriteSome>
Status write_fully(const std::string& path, std::uint64_t offset, ByteSpan bytes,
                   WriteSome&& write_some) {
  while (!bytes.empty()) {
    const Transfer done = write_some(offset, bytes);
    if (done.error_number == EINTR) continue;
    if (done.error_number != 0) {
      return std::unexpected(errno_error("write " + path, done.error_number));
    }
    if (done.bytes == 0) return std::unexpected(errno_error("write " + path, EIO));
    offset += done.bytes;
    bytes = bytes.subspan(done.bytes);
  }
  return {};
}

/// Calls `read_some(offset, buffer) -> Transfer` until the buffer is full or the file ends.
template <typename ReadSome>
Result<std::size_t> read_fully(const std::string& path, std::uint64_t offset,
                               std::span<std::uint8_t> buffer, ReadSome&& read_some) {
  std::size_t total = 0;
  while (total < buffer.size()) {
    const Transfer done = read_some(offset + total, buffer.subspan(total));
    if (done.error_number == EINTR) continue;
    if (done.error_number != 0) {
      return std::unexpected(errno_error("read " + path, done.error_number));
    }
    if (done.bytes == 0) break;
    total += done.bytes;
  }
  return total;
}

}  // namespace theater::io
