// SettleAll: for tests that step a node by hand, everything that is due, to the end.
#pragma once

#include "io/stepping_executor.h"
#include "store/node_store.h"

namespace theater::replay::testing {

/// Runs the tasks that are due and makes what they recorded durable, in turn, until nothing is
/// left.
inline void settle_all(io::SteppingExecutor& executor, store::NodeStore& store) {
  bool more = true;
  while (more) {
    more = executor.run() > 0;
    while (store.log().step() == chain::StepOutcome::kWrote) more = true;
  }
}

}  // namespace theater::replay::testing
