// MemoryNetwork: two byte strings a connection.
#include "io/memory_network.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace theater::io {

namespace memory_detail {

struct Pipe {
  MemoryNetwork* network = nullptr;
  std::string peer;
  std::string to_server, to_client;
  std::size_t capacity = SIZE_MAX;
  StreamUser* user = nullptr;
  bool wants_read = false, wants_write = false;
  bool has_client_ended = false, has_server_ended = false;
  bool is_broken = false, is_gone = false;
  bool is_connecting = false, is_refused = false;

  bool is_readable() const {
    return !is_connecting && (is_broken || has_client_ended || !to_server.empty());
  }
  bool is_writable() const { return !is_connecting && (is_broken || to_client.size() < capacity); }
};

struct Port {
  std::string address;
  ListenerUser* user = nullptr;
  bool wants_accept = false;
  std::deque<std::shared_ptr<Pipe>> waiting;
};

}  // namespace memory_detail

namespace {

using memory_detail::Pipe;
using memory_detail::Port;

/// Posts the calls that the pipe's user asked for and that can be made.
void tell(const std::shared_ptr<Pipe>& pipe) {
  if (!pipe->user) return;
  if (pipe->wants_read && pipe->is_readable()) {
    pipe->wants_read = false;
    pipe->network->executor().post([pipe, user = pipe->user] {
      if (pipe->user == user) user->on_readable();
    });
  }
  if (pipe->wants_write && pipe->is_writable()) {
    pipe->wants_write = false;
    pipe->network->executor().post([pipe, user = pipe->user] {
      if (pipe->user == user) user->on_writable();
    });
  }
}

std::unexpected<Error> broken() { return fail(Code::kClosed, "connection reset"); }
std::unexpected<Error> broken(const Pipe& pipe) {
  if (pipe.is_refused) return fail(Code::kClosed, "connect to {}: refused", pipe.peer);
  return broken();
}

class MemoryStream final : public Stream {
 public:
  explicit MemoryStream(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}
  ~MemoryStream() override {
    detach();
    pipe_->is_gone = pipe_->has_server_ended = true;
  }

  Status attach(Network& network, StreamUser& user) override {
    pipe_->network = &static_cast<MemoryNetwork&>(network);
    if (pipe_->network->fails_now()) return broken();
    pipe_->user = &user;
    return {};
  }
  void detach() override {
    pipe_->user = nullptr;
    pipe_->wants_read = pipe_->wants_write = false;
  }
  Result<std::optional<std::size_t>> read(std::span<std::uint8_t> buffer) override {
    if (pipe_->network->fails_now()) pipe_->is_broken = true;
    if (pipe_->is_broken) return broken(*pipe_);
    if (pipe_->is_connecting) return std::nullopt;
    std::string& from = pipe_->to_server;
    if (from.empty() && !pipe_->has_client_ended) return std::nullopt;
    const std::size_t size = std::min(from.size(), buffer.size());
    std::copy_n(from.begin(), size, buffer.begin());
    from.erase(0, size);
    return size;
  }
  Result<std::size_t> write(std::span<const ByteSpan> pieces) override {
    if (pipe_->network->fails_now()) pipe_->is_broken = true;
    if (pipe_->is_broken) return broken(*pipe_);
    if (pipe_->is_connecting) return std::size_t{0};
    std::size_t total = 0;
    for (const ByteSpan piece : pieces) {
      const std::size_t room = pipe_->capacity - std::min(pipe_->capacity, pipe_->to_client.size());
      const std::size_t size = std::min(piece.size(), room);
      pipe_->to_client += as_text(piece.first(size));
      total += size;
      if (size < piece.size()) break;
    }
    return total;
  }
  void want_read() override {
    pipe_->wants_read = true;
    tell(pipe_);
  }
  void want_write() override {
    pipe_->wants_write = true;
    tell(pipe_);
  }
  void shut_write() override { pipe_->has_server_ended = true; }
  std::string peer() const override { return pipe_->peer; }

 private:
  std::shared_ptr<Pipe> pipe_;
};

void tell(MemoryNetwork& network, const std::shared_ptr<Port>& port) {
  if (!port->wants_accept || port->waiting.empty()) return;
  port->wants_accept = false;
  network.executor().post([port] {
    if (port->user) port->user->on_acceptable();
  });
}

class MemoryListener final : public Listener {
 public:
  MemoryListener(MemoryNetwork& network, std::shared_ptr<Port> port)
      : network_(network), port_(std::move(port)) {}
  ~MemoryListener() override {
    port_->user = nullptr;
    for (auto& pipe : port_->waiting) pipe->is_broken = true;
    network_.forget(port_->address);
  }
  Result<std::optional<std::unique_ptr<Stream>>> accept() override {
    if (port_->waiting.empty()) return std::nullopt;
    if (network_.descriptors() == MemoryNetwork::Descriptors::kExhausted) {
      return fail(Code::kFull, "too many open files");
    }
    auto pipe = std::move(port_->waiting.front());
    port_->waiting.pop_front();
    if (network_.fails_now()) {
      pipe->is_broken = pipe->is_gone = true;
      return broken();
    }
    return std::make_unique<MemoryStream>(std::move(pipe));
  }
  void want_accept() override {
    port_->wants_accept = true;
    tell(network_, port_);
  }
  std::string address() const override { return port_->address; }

 private:
  MemoryNetwork& network_;
  std::shared_ptr<Port> port_;
};

}  // namespace

void MemoryClient::send(std::string_view bytes) {
  pipe_->to_server += bytes;
  tell(pipe_);
}
std::string MemoryClient::take() {
  std::string all = std::exchange(pipe_->to_client, {});
  tell(pipe_);
  return all;
}
std::size_t MemoryClient::waiting() const { return pipe_->to_client.size(); }
void MemoryClient::end() {
  pipe_->has_client_ended = true;
  tell(pipe_);
}
void MemoryClient::reset() {
  pipe_->is_broken = true;
  tell(pipe_);
}
void MemoryClient::set_capacity(std::size_t bytes) {
  pipe_->capacity = bytes;
  tell(pipe_);
}
bool MemoryClient::is_ended() const { return pipe_->has_server_ended; }
bool MemoryClient::is_gone() const { return pipe_->is_gone; }
const std::string& MemoryClient::peer() const { return pipe_->peer; }

bool MemoryNetwork::fails_now() {
  ++calls_;
  return fail_in_ > 0 && --fail_in_ == 0;
}

Result<std::unique_ptr<Listener>> MemoryNetwork::listen(const std::string& address,
                                                        ListenerUser& user) {
  if (ports_.contains(address)) return fail(Code::kConflict, "{} is in use", address);
  auto port = std::make_shared<Port>();
  port->address = address;
  port->user = &user;
  ports_.emplace(address, port);
  return std::make_unique<MemoryListener>(*this, std::move(port));
}

MemoryClient MemoryNetwork::connect(const std::string& address, const std::string& from) {
  const auto found = ports_.find(address);
  CHECK(found != ports_.end(), "somebody listens");
  MemoryClient client;
  client.pipe_ = std::make_shared<Pipe>();
  client.pipe_->network = this;
  client.pipe_->peer = from.empty() ? fmt::format("memory:{}", ++clients_) : from;
  found->second->waiting.push_back(client.pipe_);
  tell(*this, found->second);
  return client;
}

Result<std::unique_ptr<Stream>> MemoryNetwork::connect(const Endpoint& endpoint) {
  const std::string peer = endpoint.text();
  if (fails_now()) return fail(Code::kClosed, "connect to {}: no route", peer);
  if (descriptors_ == Descriptors::kExhausted) return fail(Code::kFull, "too many open files");
  auto pipe = std::make_shared<Pipe>();
  pipe->network = this;
  pipe->peer = peer;
  pipe->is_connecting = true;
  MemoryClient client;
  client.pipe_ = pipe;
  dialled_.push_back(client);
  if (dial_ != Dial::kHang) {
    executor_.post([pipe, is_refused = dial_ == Dial::kRefuse] {
      pipe->is_connecting = false;
      pipe->is_refused = pipe->is_broken = is_refused;
      tell(pipe);
    });
  }
  return std::make_unique<MemoryStream>(std::move(pipe));
}

std::optional<MemoryClient> MemoryNetwork::take_dialled() {
  if (dialled_.empty()) return std::nullopt;
  MemoryClient client = dialled_.front();
  dialled_.pop_front();
  return client;
}

}  // namespace theater::io
