// RealServices: for tests, the services of a shard with real sockets and descriptors. The test
// steps the executor; names and workers answer when it says so.
#pragma once

#include "host/fake_actor.h"
#include "host/family.h"
#include "io/asio_executor.h"
#include "io/asio_network.h"
#include "io/descriptors.h"
#include "io/fake_resolver.h"
#include "io/system_clock.h"
#include "io/workers.h"

namespace theater::host::testing {

struct RealServices {
  io::AsioExecutor executor;
  io::SystemClock clock;
  io::SystemRandom random;
  io::AsioNetwork network{executor};
  io::FakeResolver resolver{executor};
  io::SteppingWorkers workers;
  io::EpollDescriptors descriptors{executor};
  FakeLog log;
  Services services{executor, clock, random, network, resolver, workers, descriptors, log};
};

}  // namespace theater::host::testing
