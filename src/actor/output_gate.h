// OutputGate: holds the effects of invocations until the events that caused them are durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"

namespace theater::actor {

/// Receives what the gate lets through. Outlives its entries (END-1): its owner waits until
/// `OutputGate::pending(client)` is none.
class GateClient {
 public:
  virtual ~GateClient() = default;
  /// The effects of one invocation, in the order of its calls; the buffers are the client's own.
  virtual void release(std::uint64_t token) = 0;

 private:
  friend class OutputGate;
  std::size_t pending_ = 0;
};

/// CHAIN-1: an output leaves the node only after the event that caused it is durable.
///
/// One shard's, shard thread only. Entries come in the order of their lsn (one counter, one
/// thread), so the gate is a queue with a mark. When the log has failed it stays shut for ever:
/// what waits in it never leaves.
class OutputGate {
 public:
  OutputGate() = default;
  ~OutputGate() = default;  // what waits never leaves; clients may be gone already
  OutputGate(const OutputGate&) = delete;
  OutputGate& operator=(const OutputGate&) = delete;

  /// Calls client.release(token) once `lsn` is durable; inside this call if it is already.
  void hold(Lsn lsn, GateClient& client, std::uint64_t token);
  /// Everything up to `lsn` is durable. Releases in order; what a release holds anew is looked at
  /// too.
  void open_to(Lsn lsn);
  /// Forgets what waits for `client`: its outputs never leave (the log failed, or it is killed).
  std::size_t forget(GateClient& client);
  static std::size_t pending(const GateClient& client) { return client.pending_; }
  std::size_t size() const { return entries_.size(); }
  Lsn opened_to() const { return opened_to_; }

 private:
  struct Entry {
    Lsn lsn;
    GateClient* client;
    std::uint64_t token;
  };
  std::deque<Entry> entries_;
  Lsn opened_to_;
  bool is_releasing_ = false;
};

}  // namespace theater::actor
