// Outbox: chunks in, system calls out.
#include "hosts/websocket_server/outbox.h"

#include <algorithm>
#include <array>

namespace theater::hosts::websocket_server {

namespace {
constexpr std::size_t kChunkBytes = 64 * 1024;  // own chunks grow to about this size
constexpr std::size_t kPiecesMax = 64;          // chunks given to one write
}  // namespace

std::deque<Outbox::Chunk>& Outbox::chunks() {
  if (!chunks_) chunks_ = std::make_unique<std::deque<Chunk>>();
  return *chunks_;
}

Bytes& Outbox::begin(std::size_t size) {
  auto& queue = chunks();
  const bool has_room = !queue.empty() && !queue.back().shared &&
                        queue.back().own.size() + size <= kChunkBytes;
  if (!has_room) queue.emplace_back();
  Bytes& own = queue.back().own;
  begun_size_ = own.size();
  if (own.capacity() == 0) own.reserve(size);
  return own;
}

void Outbox::commit() { bytes_ += chunks_->back().own.size() - begun_size_; }

void Outbox::add(SharedFrame frame) {
  bytes_ += frame->size();
  chunks().push_back({{}, std::move(frame)});
}

std::uint64_t Outbox::drop_published(std::size_t bytes_max) {
  std::uint64_t dropped = 0;
  if (!chunks_) return 0;
  auto chunk = chunks_->begin();
  if (offset_ > 0 && chunk != chunks_->end()) ++chunk;
  while (bytes_ > bytes_max && chunk != chunks_->end()) {
    if (!chunk->shared) {
      ++chunk;
      continue;
    }
    bytes_ -= chunk->shared->size();
    chunk = chunks_->erase(chunk);
    ++dropped;
  }
  return dropped;
}

void Outbox::drop_unbegun() {
  if (!chunks_) return;
  chunks_->resize(offset_ > 0 ? 1 : 0);
  bytes_ = chunks_->empty() ? 0 : chunks_->front().span().size() - offset_;
}

Status Outbox::write_to(io::Stream& stream) {
  while (bytes_ > 0) {
    std::array<ByteSpan, kPiecesMax> pieces;
    const std::size_t count = std::min(chunks_->size(), kPiecesMax);
    std::size_t offered = 0;
    for (std::size_t i = 0; i < count; ++i) {
      pieces[i] = (*chunks_)[i].span().subspan(i == 0 ? offset_ : 0);
      offered += pieces[i].size();
    }
    TRY(const std::size_t written, stream.write(std::span(pieces).first(count)));
    consume(written);
    if (written < offered) return {};
  }
  return {};
}

void Outbox::consume(std::size_t written) {
  bytes_ -= written;
  offset_ += written;
  while (!chunks_->empty() && offset_ >= chunks_->front().span().size()) {
    offset_ -= chunks_->front().span().size();
    chunks_->pop_front();
  }
  if (chunks_->empty()) clear();
}

void Outbox::clear() {
  chunks_.reset();
  offset_ = 0;
  bytes_ = 0;
}

}  // namespace theater::hosts::websocket_server
