// MeteredWorker and MeteredWorkers: count what waits for a worker's thread.
#pragma once

#include <utility>

#include "io/queue_meter.h"
#include "io/worker.h"
#include "io/workers.h"

namespace theater::io {

/// Before `worker`, which it outlives the tasks of. Callable from any thread.
class MeteredWorker final : public Worker {
 public:
  MeteredWorker(Worker& worker, const Clock& clock) : worker_(worker), meter_(clock) {}
  void post(Task task) override {
    meter_.came();
    worker_.post([this, does = std::move(task)]() mutable {
      meter_.left();
      does();
    });
  }
  QueueFigures figures() const { return meter_.read(); }

 private:
  Worker& worker_;
  QueueMeter meter_;
};

/// Before `workers`, which it outlives the tasks of. Callable from any thread.
class MeteredWorkers final : public Workers {
 public:
  MeteredWorkers(Workers& workers, const Clock& clock) : workers_(workers), meter_(clock) {}
  void run(Task work, Executor& home, Task then) override {
    meter_.came();
    workers_.run(
        [this, does = std::move(work)]() mutable {
          meter_.left();
          does();
        },
        home, std::move(then));
  }
  QueueFigures figures() const { return meter_.read(); }

 private:
  Workers& workers_;
  QueueMeter meter_;
};

}  // namespace theater::io
