// Family: what a folder of src/hosts offers to the node; and what it may use.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actor/host_port.h"
#include "host/binding.h"
#include "host/log_sink.h"
#include "io/clock.h"
#include "io/descriptors.h"
#include "io/executor.h"
#include "io/network.h"
#include "io/resolver.h"
#include "io/workers.h"

namespace theater::host {

/// What a shard lends to the instances on it. Borrowed; outlives them.
struct Services {
  io::Executor& executor;
  io::Clock& clock;
  io::Random& random;
  io::Network& network;
  io::Resolver& resolver;
  io::Workers& workers;          // for what blocks; each user bounds what it hands in
  io::Descriptors& descriptors;  // of libraries
  LogSink& log;
};

/// What an instance may use: its shard's services and its actor.
struct Context {
  const Services& services;
  actor::ActorPort& actor;
};

/// Where an actor is reached, for people.
struct Place {
  std::string what;  // "WebSocket"
  std::string url;   // "ws://127.0.0.1:8080/ws"
};

/// One per node; immutable after construction, usable from any thread. What instances on several
/// shards share (a listening address) hangs here and says how it is guarded.
class Family {
 public:
  virtual ~Family() = default;
  virtual const actor::FamilyInfo& info() const = 0;
  /// Whether a table [grants.<family>] is well formed; names the place of a mistake.
  virtual Status check_grant(const actor::Setting& grant) const = 0;
  /// Makes one actor's instance, on that actor's shard. Opens nothing before recover().
  virtual Result<std::unique_ptr<actor::FamilyInstance>> create(const actor::Setting& grant,
                                                                const Context& context) const = 0;
  /// Where an actor with this grant, which is well formed, is reached.
  virtual std::vector<Place> places(const actor::Setting&) const { return {}; }
};

/// The part of an instance that follows from its binding. `Self` derives from it and has the
/// methods; the family, which owns the binding, outlives the instance.
template <typename Self>
class BoundInstance : public actor::FamilyInstance {
 public:
  explicit BoundInstance(const Binding<Self>& binding) : binding_(binding) {}

  const actor::FamilyInfo& info() const final { return binding_.info(); }
  actor::CallOutcome call(std::size_t function, ByteSpan arguments,
                          const actor::CallContext& context, Bytes& result) final {
    return binding_.call(self(), function, arguments, context, result);
  }
  void perform(const actor::Effect& effect) final { binding_.perform(self(), effect); }
  Status fold_effect(const actor::Effect& effect, WallTime time) final {
    return binding_.fold(self(), effect, time);
  }

 protected:
  const Binding<Self>& binding() const { return binding_; }

 private:
  Self& self() { return static_cast<Self&>(*this); }
  const Binding<Self>& binding_;
};

}  // namespace theater::host
