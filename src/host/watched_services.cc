// WatchedServices: callbacks in front of the families' own. Each may destroy the stream or listener
// that passes it on, so that what times it belongs to neither.
#include "host/watched_services.h"

#include <algorithm>

#include "base/check.h"

namespace theater::host {
namespace {

/// The user is told under the watch of the network it attached the stream to.
class WatchedStream final : public io::Stream, private io::StreamUser {
 public:
  explicit WatchedStream(std::unique_ptr<io::Stream> stream) : stream_(std::move(stream)) {}

  Status attach(io::Network& network, io::StreamUser& user) override {
    auto& watched = static_cast<WatchedNetwork&>(network);
    watch_ = &watched.watch();
    user_ = &user;
    return stream_->attach(watched.network(), *this);
  }
  void detach() override { stream_->detach(); }
  void abandon() override { stream_->abandon(); }
  Result<std::optional<std::size_t>> read(std::span<std::uint8_t> buffer) override {
    auto got = stream_->read(buffer);
    if (got && *got) *given_ = std::min(*given_ + **got, kGivenMax);
    return got;
  }
  Result<std::size_t> write(std::span<const ByteSpan> pieces) override {
    return stream_->write(pieces);
  }
  void want_read() override { stream_->want_read(); }
  void want_write() override { stream_->want_write(); }
  void shut_write() override { stream_->shut_write(); }
  std::string peer() const override { return stream_->peer(); }

 private:
  void on_readable() override { tell("readable", &io::StreamUser::on_readable); }
  void on_writable() override { tell("writable", &io::StreamUser::on_writable); }
  /// TLS tells its user to read in either: what it has deciphered needs no readable socket.
  void tell(std::string_view name, void (io::StreamUser::*call)()) {
    const auto given = given_;
    const HoldWatch::Timed timed(*watch_, name, *given);
    (user_->*call)();
    if (timed.is_long()) *given = 0;
  }

  const std::unique_ptr<io::Stream> stream_;
  /// Of a message that comes in many reads; with the last of them it is taken as a whole.
  static constexpr std::size_t kGivenMax = 64 * 1024 * 1024;
  /// Read since the user took long. Shared with its call, which may destroy this.
  const std::shared_ptr<std::size_t> given_ = std::make_shared<std::size_t>(0);
  const HoldWatch* watch_ = nullptr;  // once attached, as the user
  io::StreamUser* user_ = nullptr;
};

class WatchedListener final : public io::Listener, private io::ListenerUser {
 public:
  WatchedListener(const HoldWatch& watch, io::ListenerUser& user) : watch_(watch), user_(user) {}
  Status open(io::Network& network, const std::string& address) {
    TRY(listener_, network.listen(address, *this));
    return {};
  }

  Result<std::optional<std::unique_ptr<io::Stream>>> accept() override {
    TRY(auto accepted, listener_->accept());
    if (!accepted) return std::nullopt;
    return std::make_unique<WatchedStream>(*std::move(accepted));
  }
  void want_accept() override { listener_->want_accept(); }
  std::string address() const override { return listener_->address(); }

 private:
  void on_acceptable() override {
    const HoldWatch::Timed timed(watch_, "acceptable");
    user_.on_acceptable();
  }

  const HoldWatch& watch_;
  io::ListenerUser& user_;
  std::unique_ptr<io::Listener> listener_;
};

}  // namespace

/// What the task holds goes within its time.
io::Task WatchedExecutor::timed(std::string_view name, io::Task task) const {
  return [&watch = watch_, name, held = std::move(task)]() mutable {
    const HoldWatch::Timed time(watch, name);
    io::Task run = std::move(held);
    run();
  };
}

Result<std::unique_ptr<io::Listener>> WatchedNetwork::listen(const std::string& address,
                                                             io::ListenerUser& user) {
  auto listener = std::make_unique<WatchedListener>(watch_, user);
  TRY_OK(listener->open(network_, address));
  return listener;
}

Result<std::unique_ptr<io::Stream>> WatchedNetwork::connect(const io::Endpoint& endpoint) {
  TRY(auto stream, network_.connect(endpoint));
  return std::make_unique<WatchedStream>(std::move(stream));
}

io::LookupId WatchedResolver::resolve(const std::string& host, Nanoseconds patience,
                                      Answer answer) {
  return resolver_.resolve(host, patience,
                           [&watch = watch_, held = std::move(answer)](auto found) mutable {
                             const HoldWatch::Timed time(watch, "resolved");
                             Answer tell = std::move(held);
                             tell(std::move(found));
                           });
}

Status WatchedDescriptors::watch(int descriptor, io::Readiness wanted, io::DescriptorUser& user) {
  TRY_OK(descriptors_.watch(descriptor, wanted, *this));
  users_[descriptor] = &user;
  return {};
}

void WatchedDescriptors::unwatch(int descriptor) {
  descriptors_.unwatch(descriptor);
  users_.erase(descriptor);
}

void WatchedDescriptors::on_ready(int descriptor, io::Readiness ready) {
  const auto user = users_.find(descriptor);
  CHECK(user != users_.end(), "no call comes after an unwatch");
  const HoldWatch::Timed time(watch_, "ready");
  user->second->on_ready(descriptor, ready);
}

WatchedServices::WatchedServices(const Services& services, const HoldWatch& watch)
    : executor_(services.executor, watch),
      network_(services.network, watch),
      resolver_(services.resolver, watch),
      descriptors_(services.descriptors, watch),
      services_{executor_, services.clock,   services.random, network_,
                resolver_, services.workers, descriptors_,    services.log} {}

}  // namespace theater::host
