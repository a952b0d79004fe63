// Reception: a fresh connection whose request head is being read.
#pragma once

#include <memory>

#include "host/family.h"
#include "hosts/http/head_scanner.h"
#include "io/network.h"

namespace theater::hosts::listener {

class Address;

/// Owned by its address, on the address's home shard. Tells it exactly once: received, refused
/// (head too large, too late) or left; destroyed by the address inside that call.
class Reception final : private io::StreamUser {
 public:
  Reception(std::uint64_t id, Address& address, std::unique_ptr<io::Stream> stream);
  ~Reception();
  Reception(const Reception&) = delete;
  Reception& operator=(const Reception&) = delete;
  Status start();
  /// Gives up the connection, detached.
  std::unique_ptr<io::Stream> release();

 private:
  void on_readable() override;
  void on_writable() override {}

  const std::uint64_t id_;
  Address& address_;
  std::unique_ptr<io::Stream> stream_;
  http::HeadScanner scanner_;
  Bytes buffer_;
  io::TimerId deadline_;
};

}  // namespace theater::hosts::listener
