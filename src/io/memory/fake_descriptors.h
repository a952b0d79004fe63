// FakeDescriptors: the test says what is ready, or has the real descriptors looked at.
#pragma once

#include <poll.h>

#include <cstddef>
#include <map>
#include <vector>

#include "base/check.h"
#include "io/descriptors.h"

namespace theater::io {

/// Descriptors may be numbers that the test made up, or real ones. One thread.
class FakeDescriptors final : public Descriptors {
 public:
  Status watch(int descriptor, Readiness wanted, DescriptorUser& user) override {
    ++calls_;
    if (fail_in_ > 0 && --fail_in_ == 0) return fail(Code::kFull, "no descriptors left");
    if (next_failure_) {
      const Error error = *std::exchange(next_failure_, std::nullopt);
      return std::unexpected(error);
    }
    watched_.insert_or_assign(descriptor, Watched{wanted, &user});
    return {};
  }
  void unwatch(int descriptor) override { watched_.erase(descriptor); }

  /// Tells the user of a descriptor, if it is watched for some of `ready`; false: it is not.
  bool tell(int descriptor, Readiness ready) {
    const auto found = watched_.find(descriptor);
    if (found == watched_.end() || (found->second.wanted & ready) == Readiness::kNone) return false;
    found->second.user->on_ready(descriptor, found->second.wanted & ready);
    return true;
  }
  /// Looks once at all that is watched, without waiting, and tells; returns how many were told.
  std::size_t poll_now() { return poll_for(Nanoseconds(0)); }
  /// The same, waiting at most `patience` for the first one: for tests with real processes.
  std::size_t poll_for(Nanoseconds patience) {
    std::vector<pollfd> polled;
    for (const auto& [descriptor, watched] : watched_) {
      const short events =
          static_cast<short>((has(watched.wanted, Readiness::kRead) ? POLLIN : 0) |
                             (has(watched.wanted, Readiness::kWrite) ? POLLOUT : 0));
      polled.push_back({descriptor, events, 0});
    }
    const auto wait = std::chrono::duration_cast<Milliseconds>(patience).count();
    if (::poll(polled.data(), polled.size(), static_cast<int>(wait)) <= 0) return 0;
    std::size_t told = 0;
    for (const pollfd& one : polled) {
      if (one.revents != 0 && tell(one.fd, readiness_of(one.revents))) ++told;
    }
    return told;
  }
  Readiness wanted(int descriptor) const {
    const auto found = watched_.find(descriptor);
    return found == watched_.end() ? Readiness::kNone : found->second.wanted;
  }
  std::size_t size() const { return watched_.size(); }
  /// The next watch fails.
  void fail_next(Error error) { next_failure_ = std::move(error); }
  /// The n-th watch from now fails; 0: none does.
  void fail_nth(std::uint64_t n) { fail_in_ = n; }
  /// Calls of watch so far.
  std::uint64_t calls() const { return calls_; }

 private:
  struct Watched {
    Readiness wanted;
    DescriptorUser* user;
  };
  static Readiness readiness_of(short events) {
    if (events & (POLLHUP | POLLERR | POLLNVAL)) return Readiness::kBoth;
    return (events & POLLIN ? Readiness::kRead : Readiness::kNone) |
           (events & POLLOUT ? Readiness::kWrite : Readiness::kNone);
  }
  std::map<int, Watched> watched_;
  std::optional<Error> next_failure_;
  std::uint64_t fail_in_ = 0, calls_ = 0;
};

}  // namespace theater::io
