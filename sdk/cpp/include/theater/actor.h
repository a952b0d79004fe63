// What every actor is made of. Derive from Actor<State> and from the handler of each host family
// whose events the actor wants; name the class in THEATER_ACTOR.
//
//   struct State { std::uint64_t seen = 0; };
//   class Greeter : public theater::Actor<State>, public theater::TimerHandler {
//     void on_tick(const theater::Tick&) override { ++state().seen; }
//   };
//   THEATER_ACTOR(Greeter)
//
// One invocation handles a batch of events. What it changed in state() and asked of the host
// becomes real when it ends well, all of it or nothing. Only state() survives; members of the class
// do not.
#pragma once

#include <string>
#include <string_view>

#include "theater/bindings.h"
#include "theater/error.h"
#include "theater/state.h"

namespace theater {

/// What a handler answers to the host: the next state, or why there is none.
using StateResult = wit::Result<wit::Tuple<wit::Bytes>, wit::String>;

/// The part of an actor that handlers share. Not for direct use.
class ActorCore {
 public:
  virtual ~ActorCore() = default;

 protected:
  /// Ends the invocation without effect: the old state stands, nothing asked of the host happens,
  /// the rest of the batch is not handled now. The reason goes to the actor's chain. Return after
  /// it.
  void fail(std::string_view reason) {
    if (!failed_) failure_ = reason;
    failed_ = true;
  }

  /// Loads the state, delivers each event until one fails, and saves the state.
  template <class Event, class Deliver>
  StateResult invoke(BytesView state, wit::List<Event> events, Deliver deliver) {
    if (!begin(state)) return failure();
    for (const Event& event : events) {
      deliver(event);
      if (failed_) return failure();
    }
    return finish();
  }

  /// The steps of an invocation, for those that are not a batch.
  bool begin(BytesView state) {
    failed_ = false;
    if (std::string reason = load(state); !reason.empty()) fail(reason);
    return !failed_;
  }
  bool failed() const { return failed_; }
  void begin_anew() {
    failed_ = false;
    reset();
  }
  StateResult finish() {
    if (failed_) return failure();
    return wit::Tuple<wit::Bytes>{save()};
  }

 private:
  virtual std::string load(BytesView state) = 0;
  virtual BytesView save() = 0;
  virtual void reset() = 0;
  virtual void discard() = 0;

  StateResult failure() {
    discard();
    return wit::Failure<wit::String>{failure_};
  }

  std::string failure_;
  bool failed_ = false;
};

/// An actor whose state is a plain struct; its members are its fields.
template <class State = NoState>
class Actor : public virtual ActorCore, public actor::lifecycle::Guest {
 public:
  StateResult init(BytesView params) final {
    begin_anew();
    on_init(params);
    return finish();
  }

 protected:
  /// Sets the first state up; `params` are the manifest's.
  virtual void on_init(BytesView params) { (void)params; }

  State& state() { return holder_.value(); }

 private:
  std::string load(BytesView state) final { return holder_.load(state); }
  BytesView save() final { return holder_.save(); }
  void reset() final { holder_.reset(); }
  void discard() final { holder_.discard(); }

  StateHolder<State> holder_;
};

/// Takes part in an update from another component. Not needed for a new version of the state
/// struct: that upgrades by itself when it is next loaded.
class MigrationHandler : public virtual ActorCore, public actor::migration::Guest {
 public:
  StateResult migrate(BytesView state, std::string_view previous) final {
    if (begin(state)) on_migrate(previous);
    return finish();
  }

 protected:
  /// Changes state() as the update needs; `previous` is the earlier component's SHA-256.
  virtual void on_migrate(std::string_view previous) = 0;
};

}  // namespace theater

/// Makes the class the component's actor.
#define THEATER_ACTOR(ActorClass) THEATER_WIT_EXPORT(ActorClass);
