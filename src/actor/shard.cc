// Shard: joins the log writer, the gate and the run queue of one thread.
#include "actor/shard.h"

#include <utility>

#include "base/probe.h"

namespace theater::actor {

Shard::Shard(const ShardPorts& ports)
    : ports_(ports),
      salts_(ports.random),
      run_queue_(ports.executor, [this] { return must_rest(); }) {
  ports_.log.subscribe(ports_.index, ports_.executor, [this](Lsn durable) {
    if (!ports_.log.failed()) gate_.open_to(durable);
    run_queue_.resume();
  });
}

Shard::~Shard() = default;

/// Two tasks from here: the run queue's turn, asked for in between, comes first and begins with
/// what was gathered.
void Shard::gather() {
  ports_.log.begin_group(ports_.index);
  if (std::exchange(is_gathering_, true)) return;
  ports_.executor.post(lifeline_.guard(
      [this] { ports_.executor.post(lifeline_.guard([this] { end_gathering(); })); }));
}

void Shard::end_gathering() {
  is_gathering_ = false;
  ports_.log.end_group(ports_.index);
}

bool Shard::is_overloaded() const { return ports_.log.undurable_bytes() > undurable_bytes_max(); }

/// Is overloaded, and will be told when some of the bytes, whichever shard's, are durable.
bool Shard::must_rest() {
  if (!is_overloaded()) return false;
  PROBE("shard: mailboxes rest, much waits for the disk");
  ports_.log.await_batch(ports_.index);
  return is_overloaded();
}

}  // namespace theater::actor
