// Publications: what was published, on its way to everybody who hears it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fifo.h"
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

  const SharedFrame& frame(int window_bits);
  std::size_t size() const { return bytes_.size(); }
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
};

/// What one task may still do for publications.
struct Turn {
  std::size_t tells;  // connections that hear of one
  std::size_t bytes;  // written to sockets
  bool is_over() const { return tells == 0 || bytes == 0; }
};

/// Those that have not reached everybody yet, in the order in which they were performed. One
/// actor's.
class Publications {
 public:
  Publication& add(Publication publication) {
    bytes_ += publication.size();
    publication.number = ++last_number_;
    waiting_.push_back(std::move(publication));
    return waiting_.back();
  }
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  Publication& operator[](std::size_t index) { return waiting_[index]; }
  Publication& front() { return waiting_.front(); }
  void pop_front() {
    bytes_ -= waiting_.front().size();
    waiting_.pop_front();
  }
  std::uint64_t last_number() const { return last_number_; }
  /// So many that their causes had better wait.
  bool are_many() const {
    return waiting_.size() >= kPublicationsHigh || bytes_ >= kPublicationBytesMax / 2;
  }
  bool have_room_for(std::size_t size) const {
    return waiting_.size() < kPublicationsMax && bytes_ + size <= kPublicationBytesMax;
  }
  void clear() {
    waiting_.clear();
    bytes_ = 0;
  }
  void release_memory() { waiting_.release_memory(); }

 private:
  Fifo<Publication> waiting_;
  std::size_t bytes_ = 0;
  std::uint64_t last_number_ = 0;
};

}  // namespace theater::hosts::websocket_server
