// EpollDescriptors: level-triggered, so that a library that leaves bytes behind is told again.
#include "io/descriptors.h"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace theater::io {

namespace {

constexpr std::size_t kEventsMax = 64;  // of one turn

using Descriptor = boost::asio::posix::stream_descriptor;

std::uint32_t events_of(Readiness wanted) {
  return (has(wanted, Readiness::kRead) ? EPOLLIN | EPOLLRDHUP : 0u) |
         (has(wanted, Readiness::kWrite) ? EPOLLOUT : 0u);
}

Readiness readiness_of(std::uint32_t events) {
  if (events & (EPOLLHUP | EPOLLERR)) return Readiness::kBoth;
  return (events & (EPOLLIN | EPOLLRDHUP) ? Readiness::kRead : Readiness::kNone) |
         (events & EPOLLOUT ? Readiness::kWrite : Readiness::kNone);
}

int make_epoll() {
  const int made = ::epoll_create1(EPOLL_CLOEXEC);
  CHECK(made >= 0, "a shard has a descriptor for its descriptors");
  return made;
}

}  // namespace

struct EpollDescriptors::Parts {
  struct Watched {
    Readiness wanted = Readiness::kNone;
    DescriptorUser* user = nullptr;
    /// Else it is not in the epoll set, which would go on telling of a hang-up.
    bool is_polled() const { return wanted != Readiness::kNone; }
  };
  explicit Parts(AsioExecutor& executor) : epoll(executor.context(), make_epoll()) {}
  Descriptor epoll;
  std::unordered_map<int, Watched> watched;
  bool is_waiting = false;
};

EpollDescriptors::EpollDescriptors(AsioExecutor& executor)
    : parts_(std::make_unique<Parts>(executor)), alive_(std::make_shared<bool>(true)) {}

EpollDescriptors::~EpollDescriptors() { *alive_ = false; }

Status EpollDescriptors::watch(int descriptor, Readiness wanted, DescriptorUser& user) {
  Parts::Watched& watched = parts_->watched[descriptor];
  if (wanted != watched.wanted) {
    epoll_event event{.events = events_of(wanted), .data = {.fd = descriptor}};
    const int act = wanted == Readiness::kNone ? EPOLL_CTL_DEL
                    : watched.is_polled()      ? EPOLL_CTL_MOD
                                               : EPOLL_CTL_ADD;
    if (::epoll_ctl(parts_->epoll.native_handle(), act, descriptor, &event) != 0) {
      const int reason = errno;
      parts_->watched.erase(descriptor);
      return std::unexpected(errno_error("watch a descriptor", reason));
    }
  }
  watched = {wanted, &user};
  wait();
  return {};
}

void EpollDescriptors::unwatch(int descriptor) {
  const auto found = parts_->watched.find(descriptor);
  if (found == parts_->watched.end()) return;
  const bool is_polled = found->second.is_polled();
  parts_->watched.erase(found);
  if (!is_polled) return;
  ::epoll_ctl(parts_->epoll.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
}

void EpollDescriptors::wait() {
  if (parts_->watched.empty() || std::exchange(parts_->is_waiting, true)) return;
  parts_->epoll.async_wait(Descriptor::wait_read,
                           [this, alive = alive_](const boost::system::error_code& error) {
                             if (!*alive) return;
                             parts_->is_waiting = false;
                             if (error) return;
                             turn();
                             if (*alive) wait();
                           });
}

void EpollDescriptors::turn() {
  std::array<epoll_event, kEventsMax> events;
  const int count = ::epoll_wait(parts_->epoll.native_handle(), events.data(), kEventsMax, 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto found = parts_->watched.find(event.data.fd);
    if (found == parts_->watched.end()) continue;  // unwatched by one of those told before it
    const Readiness ready = readiness_of(event.events) & found->second.wanted;
    if (ready != Readiness::kNone) found->second.user->on_ready(event.data.fd, ready);
  }
}

}  // namespace theater::io
