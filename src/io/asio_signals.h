// AsioSignals: the process's signals as tasks of one executor.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "io/asio_executor.h"

namespace theater::io {

/// Catches the given signals from construction to destruction and calls `on_signal` for each, on
/// the executor's thread. `executor` outlives it. One a process.
class AsioSignals {
 public:
  AsioSignals(AsioExecutor& executor, const std::vector<int>& numbers,
              std::function<void(int number)> on_signal);
  ~AsioSignals();
  AsioSignals(const AsioSignals&) = delete;
  AsioSignals& operator=(const AsioSignals&) = delete;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace theater::io
