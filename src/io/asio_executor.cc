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
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace theater::io {

namespace asio = boost::asio;

namespace {

int make_bell() {
  const int made = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  CHECK(made >= 0, "a shard has a descriptor to be woken by");
  return made;
}

}  // namespace

struct AsioExecutor::Parts {
  asio::io_context context{1};  // one thread runs it: nothing is signalled to others
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  std::atomic<std::thread::id> runner;  // inside run()
  // What other threads post while it runs. Asio would wake the runner with its lock held: the
  // runner would wake, wait for the lock, and be woken again.
  std::mutex mutex;
  std::vector<Task> posted;  // bounded by those who post, as asio's own queue is
  // Declared after the context: these go before the services they use.
  asio::posix::stream_descriptor bell{context, make_bell()};
  std::unordered_map<TimerId, asio::steady_timer> timers;
  TimerId last_timer;

  Parts() { listen(); }
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
  void take() {
    eventfd_t rings = 0;
    ::eventfd_read(bell.native_handle(), &rings);
    listen();
    std::vector<Task> taken;
    {
      const std::lock_guard lock(mutex);
      taken.swap(posted);
    }
    for (Task& task : taken) asio::post(context, std::move(task));
  }
};

AsioExecutor::AsioExecutor() : parts_(std::make_unique<Parts>()) {}
AsioExecutor::~AsioExecutor() {
  parts_->timers.clear();
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
  auto [place, fresh] = parts_->timers.try_emplace(id, parts_->context);
  place->second.expires_after(delay);
  place->second.async_wait(
      [this, id, run = std::move(task)](const boost::system::error_code& error) mutable {
        // A timer that was cancelled after it became due is no longer in the table.
        if (error || parts_->timers.erase(id) == 0) return;
        run();
      });
  return id;
}

void AsioExecutor::cancel(TimerId timer) { parts_->timers.erase(timer); }

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
