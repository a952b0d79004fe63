// AsioExecutor: a shard's queue of work on a Boost.Asio io_context.
#pragma once

#include <memory>

#include "io/executor.h"

namespace boost::asio {
class io_context;
}

namespace theater::io {

/// The production Executor. One thread calls run(); that thread is the shard. The owner joins the
/// thread before it destroys the executor; tasks that have not run are then destroyed unrun.
class AsioExecutor final : public Executor {
 public:
  AsioExecutor();
  ~AsioExecutor() override;
  AsioExecutor(const AsioExecutor&) = delete;
  AsioExecutor& operator=(const AsioExecutor&) = delete;

  void post(Task task) override;
  TimerId after(Nanoseconds delay, Task task) override;
  void cancel(TimerId timer) override;

  /// Runs tasks on the calling thread until stop(); waits when there are none.
  void run();
  /// Runs what is ready and returns the number of tasks run; never waits.
  std::size_t poll();
  /// Runs one task, waiting at most `wait` for it; returns the number of tasks run.
  std::size_t run_one_for(Nanoseconds wait);
  /// Makes run() return soon. Callable from any thread.
  void stop();

  /// For the other Asio bindings of this room and the edges of families.
  boost::asio::io_context& context();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace theater::io
