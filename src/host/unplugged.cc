// Unplugged: every port, doing nothing.
#include "host/unplugged.h"

#include <algorithm>

namespace theater::host {
namespace {

class NoExecutor final : public io::Executor {
 public:
  void post(io::Task) override {}
  io::TimerId after(Nanoseconds, io::Task) override { return {}; }
  void cancel(io::TimerId) override {}
};

class NoClock final : public io::Clock {
 public:
  MonotonicTime now() const override { return {}; }
  WallTime wall() const override { return {}; }
};

class NoRandom final : public io::Random {
 public:
  void fill(std::span<std::uint8_t> buffer) override { std::ranges::fill(buffer, 0); }
};

class NoNetwork final : public io::Network {
 public:
  Result<std::unique_ptr<io::Listener>> listen(const std::string& address,
                                               io::ListenerUser&) override {
    return fail(Code::kUnsupported, "nobody listens on {} here", address);
  }
  Result<std::unique_ptr<io::Stream>> connect(const io::Endpoint& endpoint) override {
    return fail(Code::kUnsupported, "nobody connects to {} from here", endpoint.text());
  }
};

class NoResolver final : public io::Resolver {
 public:
  io::LookupId resolve(const std::string&, Nanoseconds, Answer) override { return {}; }
  void cancel(io::LookupId) override {}
};

class NoWorkers final : public io::Workers {
 public:
  void run(io::Task, io::Executor&, io::Task) override {}
};

class NoDescriptors final : public io::Descriptors {
 public:
  Status watch(int, io::Readiness, io::DescriptorUser&) override { return {}; }
  void unwatch(int) override {}
};

class NoLog final : public LogSink {
 public:
  void write(const LogLine&) override {}
};

class NoActor final : public actor::ActorPort {
 public:
  const actor::Identity& identity() const override { return identity_; }
  void events_ready() override {}
  void record_overflow(const actor::Overflow&) override {}
  void stop_requested(ByteSpan) override {}
  void answer_wait(std::uint64_t, ByteSpan) override {}
  void drained() override {}

 private:
  const actor::Identity identity_;
};

}  // namespace

struct Unplugged::Parts {
  NoExecutor executor;
  NoClock clock;
  NoRandom random;
  NoNetwork network;
  NoResolver resolver;
  NoWorkers workers;
  NoDescriptors descriptors;
  NoLog log;
  NoActor actor;
  const Services services{executor, clock, random, network, resolver, workers, descriptors, log};
};

Unplugged::Unplugged() : parts_(std::make_unique<Parts>()) {}
Unplugged::~Unplugged() = default;
const Services& Unplugged::services() const { return parts_->services; }
actor::ActorPort& Unplugged::actor() { return parts_->actor; }

}  // namespace theater::host
