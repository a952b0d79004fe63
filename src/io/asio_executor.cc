// AsioExecutor: posts, timers and the run loop.
#include "io/asio_executor.h"

#include <sys/eventfd.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace theater::io {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kTimersAtOnce = 64;  // then the shard's other work comes first

Clock::time_point when(Nanoseconds delay) {
  const Clock::time_point now = Clock::now();
  return delay < Clock::time_point::max() - now ? now + delay : Clock::time_point::max();
}

int make_bell() {
  const int made = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  CHECK(made >= 0, "a shard has a descriptor to be woken by");
  return made;
}

}  // namespace

/// All timers wait behind one alarm of the reactor's. It is set when a timer comes that is due
/// before it, and otherwise left alone: a timer that is cancelled, as most are, costs no system
/// call.
struct AsioExecutor::Parts {
  using Place = std::pair<Clock::time_point, TimerId>;

  asio::io_context context{1};  // one thread runs it: nothing is signalled to others
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  std::atomic<std::thread::id> runner;  // inside run()
  // What other threads post while it runs. Asio would wake the runner with its lock held: the
  // runner would wake, wait for the lock, and be woken again.
  std::mutex mutex;
  std::vector<Task> posted;  // bounded by those who post, as asio's own queue is
  std::vector<Task> taken;   // the runner's; spare memory otherwise
  // Declared after the context: these go before the services they use.
  asio::posix::stream_descriptor bell{context, make_bell()};
  asio::steady_timer alarm{context};
  std::optional<Clock::time_point> alarm_at;
  std::map<Place, Task> queue;
  std::unordered_map<TimerId, Clock::time_point> due;  // where each stands in the queue
  TimerId last_timer;

  Parts() { listen(); }
  void add(const Place& place, Task task) {
    queue.emplace(place, std::move(task));
    due.emplace(place.second, place.first);
    if (!alarm_at || place.first < *alarm_at) set_alarm(place.first);
  }
  void set_alarm(Clock::time_point time) {
    alarm_at = time;
    alarm.expires_at(time);
    alarm.async_wait([this](const boost::system::error_code& error) {
      if (!error) run_due();
    });
  }
  /// A task may add timers, which are not run here, and cancel others, due or not.
  void run_due() {
    alarm_at.reset();
    const Place last{Clock::now(), last_timer};
    for (std::size_t ran = 0; ran < kTimersAtOnce && !queue.empty() && !context.stopped(); ++ran) {
      const auto first = queue.begin();
      if (first->first.first > last.first || first->first.second > last.second) break;
      Task task = std::move(first->second);
      due.erase(first->first.second);
      queue.erase(first);
      task();
    }
    if (queue.empty()) return;
    const Clock::time_point next = queue.begin()->first.first;
    if (!alarm_at || next < *alarm_at) set_alarm(next);
  }
  void listen() {
    bell.async_wait(asio::posix::stream_descriptor::wait_read,
                    [this](const boost::system::error_code& error) {
                      if (!error) take();
                    });
  }
  void put(Task task) {
    bool is_first = false;
    {
      const std::lock_guard lock(mutex);
      is_first = posted.empty();
      posted.push_back(std::move(task));
    }
    if (is_first) ::eventfd_write(bell.native_handle(), 1);
  }
  /// Runs them at once: queued in the context, they would cost another look at the reactor. What
  /// comes meanwhile rings again.
  void take() {
    eventfd_t rings = 0;
    ::eventfd_read(bell.native_handle(), &rings);
    {
      const std::lock_guard lock(mutex);
      taken.swap(posted);
    }
    for (Task& task : taken) {
      if (context.stopped()) {
        asio::post(context, std::move(task));
      } else {
        task();
      }
    }
    taken.clear();
    listen();
  }
};

AsioExecutor::AsioExecutor() : parts_(std::make_unique<Parts>()) {}
AsioExecutor::~AsioExecutor() {
  parts_->queue.clear();
  parts_->posted.clear();
}

void AsioExecutor::post(Task task) {
  const std::thread::id runner = parts_->runner.load(std::memory_order_relaxed);
  const bool is_from_outside = runner != std::thread::id() && runner != std::this_thread::get_id();
  if (is_from_outside) return parts_->put(std::move(task));
  asio::post(parts_->context, std::move(task));
}

TimerId AsioExecutor::after(Nanoseconds delay, Task task) {
  const TimerId id = parts_->last_timer = parts_->last_timer.next();
  parts_->add({when(delay), id}, std::move(task));
  return id;
}

void AsioExecutor::cancel(TimerId timer) {
  const auto found = parts_->due.find(timer);
  if (found == parts_->due.end()) return;
  parts_->queue.erase({found->second, timer});
  parts_->due.erase(found);
}

void AsioExecutor::run() {
  parts_->runner = std::this_thread::get_id();
  parts_->context.run();
  parts_->runner = std::thread::id();
}
std::size_t AsioExecutor::poll() { return parts_->context.poll(); }
std::size_t AsioExecutor::run_one_for(Nanoseconds wait) {
  return parts_->context.run_one_for(wait);
}
void AsioExecutor::stop() { parts_->context.stop(); }

asio::io_context& AsioExecutor::context() { return parts_->context; }

}  // namespace theater::io
