// Ticker: what may happen while a host function runs.
#pragma once

namespace theater::sim {

/// The tick of the engine's clock, by which a guest loses its thread in the middle of a call.
class Ticker {
 public:
  virtual ~Ticker() = default;
  /// A host function was called: some other thread may do something now.
  virtual void on_host_call() = 0;
  /// As on_host_call, and time surely passes.
  virtual void pass_time() = 0;
};

}  // namespace theater::sim
