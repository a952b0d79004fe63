// PollSet: an epoll descriptor of its own, which Asio watches.
#include "io/poll_set.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace theater::io {

namespace {

constexpr std::size_t kEventsMax = 256;    // of one turn
constexpr std::size_t kServedAtOnce = 32;  // sockets that one task tells
constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

using Descriptor = boost::asio::posix::stream_descriptor;

int make_epoll() {
  const int made = ::epoll_create1(EPOLL_CLOEXEC);
  CHECK(made >= 0, "a shard has a descriptor for its sockets");
  return made;
}

}  // namespace

struct PollSet::Parts {
  explicit Parts(AsioExecutor& executor) : epoll(executor.context(), make_epoll()) {}
  Descriptor epoll;
  bool is_waiting = false;
};

PollSet::PollSet(AsioExecutor& executor)
    : executor_(executor),
      parts_(std::make_unique<Parts>(executor)),
      alive_(std::make_shared<bool>(true)) {}

PollSet::~PollSet() { *alive_ = false; }

Status PollSet::add(int descriptor, Polled& socket) {
  socket.readable_ = socket.writable_ = socket.has_ended_ = socket.is_broken_ = false;
  const std::uint32_t place = take_place(socket);
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    .data = {.u64 = std::uint64_t{places_[place].turn} << 32 | place}};
  if (::epoll_ctl(parts_->epoll.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    const int reason = errno;
    abandon(socket);
    return std::unexpected(errno_error("watch a socket", reason));
  }
  wait();
  return {};
}

std::uint32_t PollSet::take_place(Polled& socket) {
  if (free_places_.empty()) {
    free_places_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t place = free_places_.back();
  free_places_.pop_back();
  places_[place].socket = &socket;
  return socket.place_ = place;
}

/// nullptr: it was removed, or is another one's place now.
Polled* PollSet::find(std::uint64_t name) const {
  const Place& place = places_[name & UINT32_MAX];
  return place.turn == name >> 32 ? place.socket : nullptr;
}

void PollSet::remove(int descriptor, Polled& socket) {
  ::epoll_ctl(parts_->epoll.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
  abandon(socket);
}

void PollSet::abandon(Polled& socket) {
  Place& place = places_[socket.place_];
  place.socket = nullptr;
  ++place.turn;
  free_places_.push_back(socket.place_);
  socket.read_wanted_ = socket.write_wanted_ = false;
  std::ranges::replace(served_, &socket, nullptr);
  if (std::exchange(socket.is_due_, false)) due_[socket.due_number_ - first_due_] = nullptr;
}

void PollSet::want_read(Polled& socket) {
  socket.read_wanted_ = true;
  if (socket.readable_) make_due(socket);
}

void PollSet::want_write(Polled& socket) {
  socket.write_wanted_ = true;
  if (socket.writable_) make_due(socket);
}

void PollSet::make_due(Polled& socket) {
  if (socket.is_due_) return;
  line_up(socket);
  serve_later();
}

void PollSet::line_up(Polled& socket) {
  socket.is_due_ = true;
  socket.due_number_ = first_due_ + due_.size();
  due_.push_back(&socket);
}

void PollSet::serve_later() {
  if (std::exchange(is_posted_, true)) return;
  executor_.post([this, alive = alive_] {
    if (!*alive) return;
    is_posted_ = false;
    serve();
  });
}

/// Tells the first of those that are due what they want and are ready for.
void PollSet::serve() {
  for (; !due_.empty() && served_.size() < kServedAtOnce; ++first_due_) {
    Polled* const socket = due_.front();
    due_.pop_front();
    if (socket == nullptr) continue;
    socket->is_due_ = false;
    served_.push_back(socket);
  }
  for (std::size_t i = 0; i < served_.size(); ++i) {
    Polled* socket = served_[i];
    if (socket == nullptr) continue;
    if (socket->readable_ && std::exchange(socket->read_wanted_, false)) socket->on_poll_read();
    if (served_[i] == nullptr || !socket->writable_) continue;
    if (std::exchange(socket->write_wanted_, false)) socket->on_poll_write();
  }
  served_.clear();
  if (!due_.empty()) serve_later();
}

void PollSet::wait() {
  if (std::exchange(parts_->is_waiting, true)) return;
  parts_->epoll.async_wait(Descriptor::wait_read,
                           [this, alive = alive_](const boost::system::error_code& error) {
                             if (!*alive) return;
                             parts_->is_waiting = false;
                             if (error) return;
                             turn();
                             wait();
                           });
}

void PollSet::turn() {
  std::array<epoll_event, kEventsMax> events;
  const int count = ::epoll_wait(parts_->epoll.native_handle(), events.data(), kEventsMax, 0);
  for (int i = 0; i < count; ++i) {
    Polled* const socket = find(events[static_cast<std::size_t>(i)].data.u64);
    if (socket == nullptr) continue;
    const std::uint32_t flags = events[static_cast<std::size_t>(i)].events;
    if (flags & kEnd) socket->has_ended_ = true;
    if (flags & (EPOLLHUP | EPOLLERR)) socket->is_broken_ = true;
    if (flags & (EPOLLIN | kEnd)) socket->readable_ = true;
    if (flags & (EPOLLOUT | EPOLLHUP | EPOLLERR)) socket->writable_ = true;
    const bool is_wanted =
        (socket->readable_ && socket->read_wanted_) || (socket->writable_ && socket->write_wanted_);
    if (is_wanted && !socket->is_due_) line_up(*socket);
  }
  if (!is_posted_) serve();
}

}  // namespace theater::io
