// AsioNetwork: TCP sockets watched by a shard's io_context.
#pragma once

#include "io/asio_executor.h"
#include "io/network.h"
#include "io/poll_set.h"

namespace theater::io {

/// The production Network: one per shard, on that shard's executor, which outlives it and every
/// stream and listener attached to it.
class AsioNetwork final : public Network {
 public:
  explicit AsioNetwork(AsioExecutor& executor) : executor_(executor), sockets_(executor) {}
  Result<std::unique_ptr<Listener>> listen(const std::string& address, ListenerUser& user) override;
  Result<std::unique_ptr<Stream>> connect(const Endpoint& endpoint) override;
  PollSet& sockets() { return sockets_; }

 private:
  AsioExecutor& executor_;
  PollSet sockets_;
};

}  // namespace theater::io
