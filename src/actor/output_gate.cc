// OutputGate: a queue with a mark.
#include "actor/output_gate.h"

#include <algorithm>

#include "base/check.h"
#include "base/probe.h"

namespace theater::actor {

void OutputGate::hold(Lsn lsn, GateClient& client, std::uint64_t token) {
  CHECK(entries_.empty() || entries_.back().lsn <= lsn, "CHAIN-1");
  entries_.push_back({lsn, &client, token});
  ++client.pending_;
  if (lsn <= opened_to_) open_to(opened_to_);
}

void OutputGate::open_to(Lsn lsn) {
  opened_to_ = std::max(opened_to_, lsn);
  if (is_releasing_) return;  // the loop below goes on
  is_releasing_ = true;
  while (!entries_.empty() && entries_.front().lsn <= opened_to_) {
    const Entry entry = entries_.front();
    entries_.pop_front();
    --entry.client->pending_;
    entry.client->release(entry.token);
  }
  is_releasing_ = false;
}

std::size_t OutputGate::forget(GateClient& client) {
  const std::size_t count =
      std::erase_if(entries_, [&](const Entry& entry) { return entry.client == &client; });
  if (count > 0) PROBE("gate: outputs of an actor are forgotten");
  client.pending_ = 0;
  return count;
}

}  // namespace theater::actor
