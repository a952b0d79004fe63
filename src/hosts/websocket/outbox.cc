// Outbox: chunks in, system calls out.
#include "hosts/websocket/outbox.h"

#include <algorithm>
#include <array>
#include <utility>

namespace theater::hosts::websocket {

namespace {
constexpr std::size_t kChunkBytes = 64 * 1024;      // own chunks grow to about this size
constexpr std::size_t kPiecesMax = 64;              // chunks given to one write
constexpr std::size_t kTurnBytesMax = 1024 * 1024;  // written at once; others wait meanwhile
constexpr std::size_t kKeptBytesMax = 2048;         // buffer kept while empty
constexpr std::size_t kKeptChunksMax = 4;
}  // namespace

Bytes& Outbox::begin(std::size_t size) {
  const bool has_room = !chunks_.empty() && !chunks_.back().shared &&
                        (chunks_.back().own.size() + size <= kChunkBytes || bytes_ == 0);
  if (!has_room) chunks_.emplace_back();
  Bytes& own = chunks_.back().own;
  begun_size_ = own.size();
  if (own.capacity() < size) own.reserve(begun_size_ + size);
  return own;
}

void Outbox::commit() {
  const std::size_t more = chunks_.back().own.size() - begun_size_;
  bytes_ += more;
  held_.set(held_.bytes() + more);
}

void Outbox::add(SharedFrame frame) {
  bytes_ += frame->size();
  chunks_.push_back({{}, std::move(frame)});
}

std::uint64_t Outbox::drop_published(std::size_t bytes_max) {
  const std::size_t unbegun = first_ + (offset_ > 0 ? 1 : 0);
  std::uint64_t dropped = 0;
  const auto drops = [&](const Chunk& chunk) {
    if (bytes_ <= bytes_max || !chunk.shared) return false;
    bytes_ -= chunk.shared->size();
    ++dropped;
    return true;
  };
  const auto begin = chunks_.begin() + static_cast<std::ptrdiff_t>(unbegun);
  chunks_.erase(std::remove_if(begin, chunks_.end(), drops), chunks_.end());
  return dropped;
}

void Outbox::drop_unbegun() {
  const std::size_t begun = first_ + (offset_ > 0 ? 1 : 0);
  for (std::size_t i = begun; i < chunks_.size(); ++i) let_go(chunks_[i]);
  chunks_.resize(begun);
  if (offset_ == 0) return reset();
  bytes_ = chunks_[first_].span().size() - offset_;
}

void Outbox::clear() {
  chunks_.clear();
  reset();
}

Status Outbox::write_to(io::Stream& stream) {
  for (std::size_t turn = 0; bytes_ > 0 && turn < kTurnBytesMax;) {
    std::array<ByteSpan, kPiecesMax> pieces;
    const std::size_t count = std::min(chunks_.size() - first_, kPiecesMax);
    std::size_t offered = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const ByteSpan piece = chunks_[first_ + i].span().subspan(i == 0 ? offset_ : 0);
      pieces[i] = piece.first(std::min(piece.size(), kTurnBytesMax - turn - offered));
      offered += pieces[i].size();
    }
    TRY(const std::size_t written, stream.write(std::span(pieces).first(count)));
    consume(written);
    turn += written;
    if (written < offered) return {};
  }
  return {};
}

void Outbox::consume(std::size_t written) {
  bytes_ -= written;
  if (bytes_ == 0) return reset();
  offset_ += written;
  while (offset_ >= chunks_[first_].span().size()) {
    offset_ -= chunks_[first_].span().size();
    let_go(chunks_[first_]);
    chunks_[first_++] = {};
  }
  if (first_ < chunks_.size() / 2) return;
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

void Outbox::reset() {
  Bytes kept;
  if (!chunks_.empty() && chunks_.back().own.capacity() <= kKeptBytesMax) {
    kept = std::move(chunks_.back().own);
  }
  kept.clear();
  if (chunks_.capacity() > kKeptChunksMax) {
    chunks_ = {};
  } else {
    chunks_.clear();
  }
  if (kept.capacity() > 0) chunks_.push_back({std::move(kept), nullptr});
  first_ = offset_ = bytes_ = 0;
  held_.set(0);
}

}  // namespace theater::hosts::websocket
