// Publications: what was published, on its way to everybody who hears it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/fifo.h"
#include "host/asked.h"
#include "host/turn.h"
#include "hosts/websocket_server/limits.h"
#include "hosts/websocket_server/protocol.h"

namespace theater::hosts::websocket_server {

/// Appends the message as a frame; `window_bits` 0: uncompressed.
void append_message(Bytes& out, const Message& message, int window_bits);

/// One published message, encoded once for every kind of connection it goes to. Its audience is
/// told in the order of ids.
class Publication {
 public:
  Publication() = default;
  Publication(std::string_view topic, const Message& message);

  /// Encoded when the first connection of its kind hears it.
  const SharedFrame& frame(int window_bits, const ByteCount& outgoing);
  /// Of the message.
  std::size_t size() const { return bytes_.size(); }
  /// Of the message and its frames so far.
  std::size_t held_bytes() const { return bytes_.size() + frame_bytes_; }
  const std::string& topic() const { return topic_; }

  std::uint64_t number = 0;    // of all that the actor publishes, from 1
  std::uint64_t audience = 0;  // topic `*`: as many as had been greeted
  std::uint64_t told = 0;      // the last id that had its turn

 private:
  Message message() const;

  std::string topic_;
  Bytes bytes_;
  bool is_text_ = false;
  std::array<SharedFrame, 16> frames_;  // by window bits
  std::size_t frame_bytes_ = 0;
};

/// What one task may still do for publications.
struct PublishTurn {
  host::Turn tells;   // connections that hear of one
  std::size_t bytes;  // written to sockets
  bool take() { return bytes > 0 && tells.take(); }
};

/// A publish that the guest has called and that is not performed yet.
struct PublishAsk {
  std::uint64_t audience;  // topic `*`: how many were greeted then
  std::size_t bytes;
};

/// Those that have not reached everybody yet, in the order in which they were performed; and those
/// that will be, as soon as their invocations have committed, for which room is kept (BOUND-1). One
/// actor's.
class Publications {
 public:
  /// `outgoing`: where frames count as long as a connection holds them.
  explicit Publications(ByteCount outgoing = nullptr) : outgoing_(std::move(outgoing)) {}

  // Calls.

  bool have_room_for(std::size_t size) const {
    return waiting_.size() + asked_.size() < kPublicationsMax &&
           held_bytes_ + asked_.bytes() + size <= kPublicationBytesMax;
  }
  host::Asked<PublishAsk>& asked() { return asked_; }

  // Effects.

  void add(Publication publication) {
    publication.number = ++last_number_;
    held_bytes_ += publication.held_bytes();
    waiting_.push_back(std::move(publication));
  }
  /// The frame for connections of this kind.
  const SharedFrame& frame(Publication& publication, int window_bits) {
    const std::size_t before = publication.held_bytes();
    const SharedFrame& frame = publication.frame(window_bits, outgoing_);
    held_bytes_ += publication.held_bytes() - before;
    return frame;
  }

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  Publication& operator[](std::size_t index) { return waiting_[index]; }
  Publication& front() { return waiting_.front(); }
  void pop_front() {
    held_bytes_ -= waiting_.front().held_bytes();
    waiting_.pop_front();
  }
  std::uint64_t last_number() const { return last_number_; }
  /// Messages and their frames.
  std::size_t held_bytes() const { return held_bytes_; }
  /// So many that their causes had better wait.
  bool are_many() const {
    return waiting_.size() >= kPublicationsHigh || held_bytes_ >= kPublicationBytesMax / 2;
  }
  void clear() {
    waiting_.clear();
    held_bytes_ = 0;
  }
  void release_memory() {
    waiting_.release_memory();
    asked_.release_memory();
  }

 private:
  const ByteCount outgoing_;
  Fifo<Publication> waiting_;
  std::size_t held_bytes_ = 0;
  host::Asked<PublishAsk> asked_;
  std::uint64_t last_number_ = 0;
};

}  // namespace theater::hosts::websocket_server
