// WatchedServices: a shard's services, whose callbacks are timed under the name of a family.
#pragma once

#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "host/family.h"
#include "host/hold_watch.h"

namespace theater::host {

/// Calls are passed on; tasks are timed as "task" (what workers have done comes back as one),
/// timers as "timer". Callable as the executor behind it, which with `watch` outlives it.
class WatchedExecutor final : public io::Executor {
 public:
  WatchedExecutor(io::Executor& executor, const HoldWatch& watch)
      : executor_(executor), watch_(watch) {}
  void post(io::Task task) override { executor_.post(timed("task", std::move(task))); }
  io::TimerId after(Nanoseconds delay, io::Task task) override {
    return executor_.after(delay, timed("timer", std::move(task)));
  }
  void cancel(io::TimerId timer) override { executor_.cancel(timer); }

 private:
  io::Task timed(std::string_view name, io::Task task) const;
  io::Executor& executor_;
  const HoldWatch& watch_;
};

/// Streams and listeners of it are timed as "readable", "writable", "acceptable", under the name of
/// whoever they are attached to. Its streams attach to watched networks alone; shard thread only.
class WatchedNetwork final : public io::Network {
 public:
  WatchedNetwork(io::Network& network, const HoldWatch& watch) : network_(network), watch_(watch) {}
  Result<std::unique_ptr<io::Listener>> listen(const std::string& address,
                                               io::ListenerUser& user) override;
  Result<std::unique_ptr<io::Stream>> connect(const io::Endpoint& endpoint) override;

  // For its streams and listeners.
  io::Network& network() { return network_; }
  const HoldWatch& watch() const { return watch_; }

 private:
  io::Network& network_;
  const HoldWatch& watch_;
};

/// Answers are timed as "resolved".
class WatchedResolver final : public io::Resolver {
 public:
  WatchedResolver(io::Resolver& resolver, const HoldWatch& watch)
      : resolver_(resolver), watch_(watch) {}
  io::LookupId resolve(const std::string& host, Nanoseconds patience, Answer answer) override;
  void cancel(io::LookupId lookup) override { resolver_.cancel(lookup); }

 private:
  io::Resolver& resolver_;
  const HoldWatch& watch_;
};

/// What becomes ready is timed as "ready". Knows as many users as the descriptors behind it.
class WatchedDescriptors final : public io::Descriptors, private io::DescriptorUser {
 public:
  WatchedDescriptors(io::Descriptors& descriptors, const HoldWatch& watch)
      : descriptors_(descriptors), watch_(watch) {}
  Status watch(int descriptor, io::Readiness wanted, io::DescriptorUser& user) override;
  void unwatch(int descriptor) override;

 private:
  void on_ready(int descriptor, io::Readiness ready) override;

  io::Descriptors& descriptors_;
  const HoldWatch& watch_;
  std::map<int, io::DescriptorUser*> users_;
};

/// One family's of one actor. Outlives the instance that uses them and every task it has posted;
/// the services behind, and `watch`, outlive this.
class WatchedServices {
 public:
  WatchedServices(const Services& services, const HoldWatch& watch);
  WatchedServices(const WatchedServices&) = delete;
  WatchedServices& operator=(const WatchedServices&) = delete;
  const Services& services() const { return services_; }

 private:
  WatchedExecutor executor_;
  WatchedNetwork network_;
  WatchedResolver resolver_;
  WatchedDescriptors descriptors_;
  const Services services_;
};

}  // namespace theater::host
