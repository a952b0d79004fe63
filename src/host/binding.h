// Binding: a family's functions as a table made from the signatures of C++ methods.
//
// A host function is a method of the family's instance; its WIT type, the decoding of its
// arguments, the encoding of its result and the rules by which it is recorded follow from its
// signature:
//   returns             a read                an effect
//   void                -                     emitted always, plain result unit
//   bool                recorded              emitted if true, recorded
//   Outcome             recorded              emitted if ok, plain result ok
//   Started             recorded              emitted if ok, plain result the minted id
// Calls that suspend the guest: waiting.h. Starts of operations: operating.h.
// A method whose first parameter is `actor::CallContext&` also sees the invocation. An error with
// GuestCode::kDenied is recorded as denied.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/binding_calls.h"
#include "host/describe.h"

namespace theater::host {

/// What a restart knows of an effect that became real before it.
struct PastEffect {
  Seq seq;
  std::uint64_t id = 0;
  WallTime time;
};

/// The functions of a family, in the order of its WIT interface. Built once by the family.
template <typename Instance>
class Binding {
 public:
  /// A function without effect.
  template <auto kMethod>
  Binding& read(std::string name) {
    add<kMethod>(std::move(name));
    return *this;
  }

  /// A function with an effect. `kMethod` validates and answers; `kPerform` (same WIT parameters,
  /// returns void, may ask for `actor::Effect&` first) makes it happen once it is durable.
  template <auto kMethod, auto kPerform>
  Binding& effect(std::string name, chain::OutputClass output_class) {
    Row& row = add<kMethod>(std::move(name));
    binding_detail::derive_effect<binding_detail::ReturnOf<kMethod>>(info_.calls.back());
    info_.calls.back().output_class = output_class;
    row.perform = &binding_detail::act<kPerform, Instance, actor::Effect>;
    return *this;
  }

  /// What the handler returns beside the state (FamilyInfo::answers); after all functions.
  template <auto kPerform>
  Binding& answers() {
    rows_.emplace_back().perform = &binding_detail::act<kPerform, Instance, actor::Effect>;
    return *this;
  }

  /// The last effect matters to a restart: `kFold` (as kPerform, may ask for `PastEffect&`).
  template <auto kFold>
  Binding& folded() {
    rows_.back().fold = [](Instance& instance, const Past& past) {
      return binding_detail::act<kFold>(instance, past.effect.arguments,
                                        PastEffect{past.effect.seq, past.effect.id, past.time});
    };
    return *this;
  }

  /// The last function is about its first argument (an id), and recorded so.
  Binding& about_first() {
    info_.calls.back().target = actor::Target::kFirstArgument;
    return *this;
  }

  /// A function that suspends the guest; see waiting.h. `kCheck` answers Wait<T>; `kPerform` (same
  /// WIT parameters behind a Ticket&, returns void) begins what is waited for.
  template <auto kCheck, auto kPerform>
  Binding& wait(std::string name) {
    using Out = binding_detail::WaitAnswer<binding_detail::WaitResult<kCheck>>;
    Row& row = add_row<binding_detail::kAsk<kCheck, Instance, Out>>(std::move(name));
    row.call = [](Instance& instance, const Call& call, Bytes& result) {
      return binding_detail::call_wait<kCheck>(instance, call.arguments, call.context, result);
    };
    row.perform = &binding_detail::perform_wait<kCheck, kPerform, Instance>;
    info_.calls.back().nature = actor::Nature::kWait;
    return *this;
  }

  /// The last wait only reads: it may be made again when a crash has ended its invocation. Of any
  /// other the repeated invocation is told `interrupted`.
  Binding& repeatable() {
    info_.calls.back().asking = actor::Asking::kAgain;
    return *this;
  }

  /// A function that starts an operation; see operating.h. `kCheck` answers Planned; `kWork` (same
  /// WIT parameters behind a Work&, returns void) does it.
  template <auto kCheck, auto kWork>
  Binding& operation(std::string name) {
    Row& row = add_row<binding_detail::kAsk<kCheck, Instance, binding_detail::StartAnswer>>(
        std::move(name));
    row.call = [](Instance& instance, const Call& call, Bytes& result) {
      binding_detail::StartAnswer out{call.context, call.function, call.arguments, nullptr};
      return binding_detail::call_start<kCheck>(instance, call.arguments, out, result);
    };
    row.perform = [](Instance& instance, ByteSpan, const actor::Effect& effect) -> Status {
      instance.book().start(effect);
      return {};
    };
    row.fold = [](Instance& instance, const Past& past) -> Status {
      instance.book().fold_start(past.effect, past.time);
      return {};
    };
    row.plan = &binding_detail::plan_start<kCheck, Instance>;
    row.work = &binding_detail::act<kWork, Instance, Work>;
    binding_detail::derive_effect<Started>(info_.calls.back());
    info_.calls.back().output_class = chain::OutputClass::kOperation;
    info_.has_operations = true;
    return *this;
  }

  actor::FamilyInfo& info() { return info_; }
  const actor::FamilyInfo& info() const { return info_; }

  actor::CallOutcome call(Instance& instance, std::size_t function, ByteSpan arguments,
                          const actor::CallContext& context, Bytes& result) const {
    return rows_.at(function).call(instance, {function, arguments, context}, result);
  }
  void perform(Instance& instance, const actor::Effect& effect) const {
    const auto& row = rows_.at(effect.function);
    CHECK(row.perform, "only effects are performed");
    CHECK(row.perform(instance, effect.arguments, effect), "an effect's arguments are canonical");
  }
  Status fold(Instance& instance, const actor::Effect& effect, WallTime time) const {
    const auto& row = rows_.at(effect.function);
    if (!row.fold) return {};
    return row.fold(instance, {effect, time});
  }
  /// What the check of a start says about these arguments.
  Planned plan(Instance& instance, std::size_t function, ByteSpan arguments) const {
    Planned plan;
    const Status asked = rows_.at(function).plan(instance, arguments, plan);
    if (!asked) return refuse(GuestCode::kInvalid, "{}", asked.error().message);
    return plan;
  }
  void work(Instance& instance, std::size_t function, ByteSpan arguments, const Work& work) const {
    CHECK(rows_.at(function).work(instance, arguments, work), "a start's arguments are canonical");
  }

 private:
  struct Call {
    std::size_t function;
    ByteSpan arguments;
    const actor::CallContext& context;
  };
  struct Past {
    const actor::Effect& effect;
    WallTime time;
  };
  struct Row {
    actor::CallOutcome (*call)(Instance&, const Call&, Bytes&) = nullptr;
    Status (*perform)(Instance&, ByteSpan, const actor::Effect&) = nullptr;
    Status (*fold)(Instance&, const Past&) = nullptr;
    Status (*plan)(Instance&, ByteSpan, Planned&) = nullptr;
    Status (*work)(Instance&, ByteSpan, const Work&) = nullptr;
  };

  /// A row of the type of `kFunction`, not yet callable.
  template <auto kFunction>
  Row& add_row(std::string name) {
    actor::CallInfo call;
    call.name = std::move(name);
    call.type = wasm::signature_of<kFunction>();
    info_.calls.push_back(std::move(call));
    return rows_.emplace_back();
  }
  template <auto kMethod>
  Row& add(std::string name) {
    Row& row = add_row<kMethod>(std::move(name));
    row.call = [](Instance& instance, const Call& call, Bytes& result) {
      return binding_detail::call<kMethod>(instance, call.arguments, call.context, result);
    };
    return row;
  }

  actor::FamilyInfo info_;
  std::vector<Row> rows_;
};

}  // namespace theater::host
