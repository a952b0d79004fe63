// HeldBytes: what one actor's connections hold, for peers or of them, counted together.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/bytes.h"

namespace theater::hosts::websocket {

/// Shared by all who hold some of the bytes. A worker may be the last one, where it closes sockets:
/// hence atomic.
using ByteCount = std::shared_ptr<std::atomic<std::uint64_t>>;

inline ByteCount count_bytes() { return std::make_shared<std::atomic<std::uint64_t>>(0); }

/// Some of the bytes: counted while this lives, and once. Counted nowhere if it was made from
/// nothing.
class HeldBytes {
 public:
  explicit HeldBytes(ByteCount all = nullptr) : all_(std::move(all)) {}
  HeldBytes(HeldBytes&& other) noexcept
      : all_(std::move(other.all_)), bytes_(std::exchange(other.bytes_, 0)) {}
  HeldBytes& operator=(HeldBytes&& other) noexcept {
    if (this == &other) return *this;
    set(0);
    all_ = std::move(other.all_);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~HeldBytes() { set(0); }

  void set(std::size_t bytes) {
    if (all_ && bytes > bytes_) all_->fetch_add(bytes - bytes_, std::memory_order_relaxed);
    if (all_ && bytes < bytes_) all_->fetch_sub(bytes_ - bytes, std::memory_order_relaxed);
    bytes_ = bytes;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  ByteCount all_;
  std::size_t bytes_ = 0;
};

/// A published frame, encoded once and written to any number of connections; hence shared. Its
/// owners live on one shard, or on the worker that closes their sockets.
using SharedFrame = std::shared_ptr<const Bytes>;

/// Such a frame; its bytes count once, as long as anybody has it.
inline SharedFrame share_frame(Bytes bytes, ByteCount all) {
  struct Counted {
    Bytes bytes;
    HeldBytes held;
  };
  const auto counted = std::make_shared<Counted>(std::move(bytes), HeldBytes(std::move(all)));
  counted->held.set(counted->bytes.size());
  return {counted, &counted->bytes};
}

}  // namespace theater::hosts::websocket
