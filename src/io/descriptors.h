// Descriptors: the port for libraries that bring their own file descriptors: told by readiness.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "io/asio_executor.h"

namespace theater::io {

/// What a descriptor is ready for, or wanted for. A set of bits.
enum class Readiness : std::uint8_t { kNone = 0, kRead = 1, kWrite = 2, kBoth = 3 };
constexpr Readiness operator&(Readiness one, Readiness other) {
  return static_cast<Readiness>(static_cast<std::uint8_t>(one) & static_cast<std::uint8_t>(other));
}
constexpr Readiness operator|(Readiness one, Readiness other) {
  return static_cast<Readiness>(static_cast<std::uint8_t>(one) | static_cast<std::uint8_t>(other));
}
constexpr bool has(Readiness set, Readiness one) { return (set & one) == one; }

/// Whoever owns descriptors. Called from a task of the shard, never inside a call of the owner.
class DescriptorUser {
 public:
  /// `descriptor` is ready for some of what is wanted; an error or the end of it counts as all that
  /// is wanted. May watch and unwatch any descriptor. Told again while it stays ready and wanted.
  virtual void on_ready(int descriptor, Readiness ready) = 0;

 protected:
  ~DescriptorUser() = default;
};

/// Watches descriptors that can be polled (sockets, pipes, pidfd, inotify, eventfd; no files). One
/// shard's; shard thread only. They stay their owners', who unwatch before they close.
class Descriptors {
 public:
  virtual ~Descriptors() = default;
  /// Begins to watch, or changes what is wanted of a watched one. `user` outlives the watch.
  virtual Status watch(int descriptor, Readiness wanted, DescriptorUser& user) = 0;
  /// No call comes after it. A descriptor that is not watched is ignored.
  virtual void unwatch(int descriptor) = 0;
};

/// The production Descriptors: an epoll descriptor of its own, which the shard's executor watches.
class EpollDescriptors final : public Descriptors {
 public:
  /// `executor` outlives it.
  explicit EpollDescriptors(AsioExecutor& executor);
  ~EpollDescriptors() override;
  EpollDescriptors(const EpollDescriptors&) = delete;
  EpollDescriptors& operator=(const EpollDescriptors&) = delete;

  Status watch(int descriptor, Readiness wanted, DescriptorUser& user) override;
  void unwatch(int descriptor) override;

 private:
  struct Parts;
  void wait();
  void turn();

  std::unique_ptr<Parts> parts_;
  std::shared_ptr<bool> alive_;  // shared with a wait that may end after this
};

}  // namespace theater::io
