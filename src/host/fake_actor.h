// FakeActor and FakeServices: a family's surroundings in tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "actor/host_port.h"
#include "host/family.h"
#include "io/fake_resolver.h"
#include "io/manual_clock.h"
#include "io/memory/fake_descriptors.h"
#include "io/memory_network.h"
#include "io/stepping_executor.h"

namespace theater::host {

/// Notes what a family tells its actor.
class FakeActor final : public actor::ActorPort {
 public:
  const actor::Identity& identity() const override { return who; }
  void events_ready() override { ++ready; }
  void record_overflow(const actor::Overflow& overflow) override {
    overflows.push_back({std::string(overflow.queue), overflow.items});
  }
  void stop_requested(ByteSpan output) override { stop_output = to_bytes(output); }
  void answer_wait(std::uint64_t ticket, ByteSpan result) override {
    answers.push_back({ticket, to_bytes(result)});
  }
  Nanoseconds call_time_max() const override { return call_time; }
  actor::OperationPort* operations() override { return ports; }
  std::optional<actor::EventOrigin> record_operation(const actor::OperationNote& note) override {
    if (refuses_records) return std::nullopt;
    records.push_back(
        {note.id, note.phase, note.attempt, to_bytes(note.event.value_or(ByteSpan()))});
    if (note.phase == chain::OperationPhase::kReissued) again.push_back(note.id);
    const Seq seq{records.size()};
    return actor::EventOrigin{note.id, {}, {who.id, seq, {}, {}}, {seq.value}};
  }
  void drained() override { ++drained_count; }

  /// What is recorded becomes durable: operations of `port` that are done again begin.
  void write_records(actor::OperationPort& port) {
    for (const OperationId id : std::exchange(again, {})) port.begin_again(id);
  }

  /// Takes one batch from a source and decodes its events.
  template <typename Payload>
  static std::vector<Event<Payload>> take(actor::EventSource& source,
                                          actor::BatchLimits limits = {}) {
    actor::EventBatch batch(limits);
    source.take(batch);
    std::vector<Event<Payload>> events;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto event = wasm::from_binary<Event<Payload>>(batch[i]);
      CHECK(event, "events are canonical");
      events.push_back(*std::move(event));
    }
    return events;
  }

  struct Seen {
    std::string queue;
    std::uint64_t items;
  };
  struct Answer {
    std::uint64_t ticket;
    Bytes result;
  };
  struct Recorded {
    OperationId id;
    chain::OperationPhase phase;
    std::uint64_t attempt;
    Bytes event;
  };
  std::vector<Answer> answers;     // of waits
  std::vector<Recorded> records;   // op records, in order
  std::vector<OperationId> again;  // their records are not durable
  bool refuses_records = false;    // the log has failed
  Nanoseconds call_time = std::chrono::seconds(10);
  actor::OperationPort* ports = nullptr;
  actor::Identity who{ActorId{}, "fake", Digest{}};
  int ready = 0;
  int drained_count = 0;
  std::vector<Seen> overflows;
  std::optional<Bytes> stop_output;
};

/// Keeps log lines as "level actor#seq text (note)".
class FakeLog final : public LogSink {
 public:
  void write(const LogLine& line) override {
    lines.push_back(fmt::format("{} {}#{} {}{}", static_cast<int>(line.level), line.actor, line.seq,
                                line.text,
                                line.note.empty() ? "" : fmt::format(" ({})", line.note)));
  }
  std::vector<std::string> lines;
};

/// No sockets: for families that have none.
class NoNetwork final : public io::Network {
 public:
  Result<std::unique_ptr<io::Listener>> listen(const std::string&, io::ListenerUser&) override {
    return fail(Code::kUnsupported, "no sockets here");
  }
  Result<std::unique_ptr<io::Stream>> connect(const io::Endpoint&) override {
    return fail(Code::kUnsupported, "no sockets here");
  }
};

/// A shard whose time and tasks move only when the test says so.
struct FakeShard {
  io::ManualClock clock;
  io::SteppingExecutor executor{clock};
  io::SeededRandom random{1};
  io::MemoryNetwork network{executor};
  io::FakeResolver resolver{executor};
  io::SteppingWorkers workers;
  io::FakeDescriptors descriptors;
  FakeLog log;
  Services services{executor, clock, random, network, resolver, workers, descriptors, log};
};

/// The canonical binary form of a call's arguments.
template <typename... Arguments>
Bytes arguments_of(const Arguments&... arguments) {
  Bytes out;
  wasm::BinaryWriter writer(out);
  (wasm::Codec<Arguments>::write(writer, arguments), ...);
  return out;
}

}  // namespace theater::host
