// Scratches: the buffers that shards read into.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>

#include "base/bytes.h"
#include "io/executor.h"

namespace theater::hosts::listener {

/// A family's; one buffer a shard, made when the shard's first instance is made. Any thread.
class Scratches {
 public:
  explicit Scratches(std::size_t bytes) : bytes_(bytes) {}

  std::span<std::uint8_t> of(const io::Executor& shard) {
    const std::lock_guard lock(mutex_);  // once for each instance
    auto& buffer = buffers_[&shard];
    if (!buffer) buffer = std::make_unique<Bytes>(bytes_);
    return *buffer;
  }

 private:
  const std::size_t bytes_;
  std::mutex mutex_;
  std::map<const io::Executor*, std::unique_ptr<Bytes>> buffers_;
};

}  // namespace theater::hosts::listener
