// MeteredWorker: counts what waits for a worker's thread.
#pragma once

#include <utility>

#include "io/queue_meter.h"
#include "io/worker.h"

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

}  // namespace theater::io
