// Shard: joins the log writer, the gate and the run queue of one thread.
#include "actor/shard.h"

#include "actor/limits.h"

namespace theater::actor {

Shard::Shard(const ShardPorts& ports)
    : ports_(ports),
      salts_(ports.random),
      run_queue_(ports.executor, [this] { return is_overloaded(); }) {
  ports_.log.subscribe(ports_.index, ports_.executor, [this](Lsn durable) {
    if (!ports_.log.failed()) gate_.open_to(durable);
    run_queue_.resume();
  });
}

Shard::~Shard() = default;

bool Shard::is_overloaded() const { return ports_.log.undurable_bytes() > kUndurableBytesMax; }

}  // namespace theater::actor
