// Waiting: host functions that suspend the guest until the host answers.
//
// The check looks at the arguments: an answer at once, or none and the guest waits. The call is
// then recorded (host-req) and, once that is durable, performed; the method that performs it gets a
// ticket, to which one answer is given, at any time.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "host/family.h"
#include "io/lifeline.h"

namespace theater::host {

/// What the check of a wait call answers, where `T` is the WIT result: a value is the answer at
/// once (an error, as a rule); nothing lets the guest wait.
template <typename T>
using Wait = std::optional<T>;

/// One wait under way: the first parameter of the method that performs it.
struct Ticket {
  std::uint64_t value = 0;
  Seq request;             // its host-req; with the actor's id a key for idempotence
  MonotonicTime deadline;  // of the call; then the kit answers
};

/// Whoever performs a wait.
class WaitUser {
 public:
  /// The wait was answered by the kit: its deadline passed, or the actor stops. Stop working on it.
  virtual void on_wait_over(std::uint64_t ticket) { static_cast<void>(ticket); }

 protected:
  ~WaitUser() = default;
};

/// The wait of one instance: an actor does one thing at a time, so there is at most one. It is
/// answered once: by the family, at the deadline, or by interrupt().
class WaitBook {
 public:
  /// Encodes an error as the call's result.
  using Refusal = Bytes (*)(const GuestError& error);

  WaitBook(const Context& context, WaitUser& user)
      : services_(context.services), actor_(context.actor), user_(user) {}
  ~WaitBook();

  /// A call is performed. Nothing: the instance has stopped, and the call was told so.
  std::optional<Ticket> open(const actor::Effect& effect, Refusal refusal);
  /// False: that wait is over.
  bool answer(std::uint64_t ticket, ByteSpan result);
  /// Answers what waits, and all that comes later, with interrupted.
  void interrupt();
  std::uint64_t size() const { return open_ ? 1 : 0; }
  /// Answers that came after their wait was over.
  std::uint64_t late() const { return late_; }

 private:
  struct Open {
    std::uint64_t ticket = 0;
    Refusal refusal = nullptr;
    io::TimerId timer;
  };
  void end(const GuestError& why);

  const Services services_;
  actor::ActorPort& actor_;
  WaitUser& user_;
  std::optional<Open> open_;
  std::uint64_t late_ = 0;
  bool is_stopped_ = false;
};

/// A BoundInstance that may have wait calls (Binding::wait). Its stop() calls interrupt_waits(),
/// its census() counts waits() among the operations.
template <typename Self>
class WaitingInstance : public BoundInstance<Self>, protected WaitUser {
 public:
  WaitingInstance(const Binding<Self>& binding, const Context& context)
      : BoundInstance<Self>(binding), waits_(context, *this) {}

  WaitBook& wait_book() { return waits_; }

 protected:
  /// Answers the call that `kCheck` let wait. False: it is over (deadline, stop); counted.
  template <auto kCheck>
  bool answer(std::uint64_t ticket,
              const typename binding_detail::ReturnOf<kCheck>::value_type& result) {
    return waits_.answer(ticket, wasm::to_binary(result));
  }
  /// The same of a result that is encoded already: canonical bytes.
  bool answer_encoded(std::uint64_t ticket, ByteSpan result) {
    return waits_.answer(ticket, result);
  }
  void interrupt_waits() { waits_.interrupt(); }
  std::uint64_t waits() const { return waits_.size(); }

 private:
  WaitBook waits_;
};

}  // namespace theater::host
