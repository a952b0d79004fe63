// AsioExecutor: posts, timers and the run loop.
#include "io/asio_executor.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <unordered_map>

namespace theater::io {

namespace asio = boost::asio;

struct AsioExecutor::Parts {
  asio::io_context context{1};  // one thread runs it: nothing is signalled to others
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  // Declared after the context: timers go before the services they use.
  std::unordered_map<TimerId, asio::steady_timer> timers;
  TimerId last_timer;
};

AsioExecutor::AsioExecutor() : parts_(std::make_unique<Parts>()) {}
AsioExecutor::~AsioExecutor() { parts_->timers.clear(); }

void AsioExecutor::post(Task task) { asio::post(parts_->context, std::move(task)); }

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

void AsioExecutor::run() { parts_->context.run(); }
std::size_t AsioExecutor::poll() { return parts_->context.poll(); }
std::size_t AsioExecutor::run_one_for(Nanoseconds wait) {
  return parts_->context.run_one_for(wait);
}
void AsioExecutor::stop() { parts_->context.stop(); }

asio::io_context& AsioExecutor::context() { return parts_->context; }

}  // namespace theater::io
