// Outbox: the bytes one connection still has to write.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "hosts/websocket/held_bytes.h"
#include "io/network.h"

namespace theater::hosts::websocket {

/// FIFO of frames. Small frames lie side by side in one buffer, so that a batch of them is one
/// piece of one system call. Empty, it keeps at most a small buffer for the next frame. The owner
/// keeps it within its bounds.
class Outbox {
 public:
  Outbox() = default;
  /// `all`: where what it holds itself counts.
  explicit Outbox(ByteCount all) : held_(std::move(all)) {}

  /// Where to append the bytes of a frame of about `size` bytes; ended by commit().
  Bytes& begin(std::size_t size);
  void commit();
  /// Queues a published frame without copying it. It may be dropped while it waits.
  void add(SharedFrame frame);
  /// Drops the oldest published frames that have not begun until at most `bytes_max` are queued;
  /// returns how many.
  std::uint64_t drop_published(std::size_t bytes_max);
  /// Drops every frame that has not begun: only a last word follows.
  void drop_unbegun();
  /// Drops everything: nobody is written to any more.
  void clear();

  /// Writes what the stream takes.
  Status write_to(io::Stream& stream);
  std::size_t bytes() const { return bytes_; }
  /// Of chunks that were never shared.
  std::size_t own_bytes() const { return held_.bytes(); }
  bool is_empty() const { return bytes_ == 0; }

 private:
  struct Chunk {
    Bytes own;           // either this
    SharedFrame shared;  // or this
    ByteSpan span() const { return shared ? ByteSpan(*shared) : ByteSpan(own); }
  };
  void consume(std::size_t written);
  void let_go(const Chunk& chunk) { held_.set(held_.bytes() - chunk.own.size()); }
  void reset();

  std::vector<Chunk> chunks_;  // those before first_ are written
  std::size_t first_ = 0;
  std::size_t offset_ = 0;  // of chunks_[first_], already written
  std::size_t bytes_ = 0;   // still to be written
  std::size_t begun_size_ = 0;
  HeldBytes held_;  // of own chunks, as long as there are any of their bytes to write
};

}  // namespace theater::hosts::websocket
