// Lifeline: tasks that may come back after whoever asked for them is gone.
#pragma once

#include <memory>
#include <utility>

#include "io/executor.h"

namespace theater::io {

/// A member of whoever asks. A guarded task runs only while its Lifeline lives; late, it does
/// nothing and touches nothing of the asker. Asker and guarded tasks live on one thread.
class Lifeline {
 public:
  Lifeline() : alive_(std::make_shared<bool>(true)) {}
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;

  Task guard(Task task) const {
    return [alive = std::weak_ptr(alive_), run = std::move(task)]() mutable {
      if (!alive.expired()) run();
    };
  }
  /// Tasks guarded so far do nothing any more.
  void cut() { alive_ = std::make_shared<bool>(true); }

 private:
  std::shared_ptr<bool> alive_;  // watched by the tasks
};

}  // namespace theater::io
