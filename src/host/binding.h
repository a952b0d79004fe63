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
// A method whose first parameter is `actor::CallContext&` also sees the invocation. An error with
// GuestCode::kDenied is recorded as denied.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "actor/host_port.h"
#include "base/check.h"
#include "host/wit_types.h"
#include "wasm/typed.h"

namespace theater::host {

namespace binding_detail {

using actor::CallContext;
using actor::CallOutcome;

template <auto kMethod>
using ReturnOf = typename wasm::typed_detail::ShapeOf<decltype(kMethod)>::Return;
template <auto kMethod>
inline constexpr std::size_t kContextsOf =
    wasm::typed_detail::ShapeOf<decltype(kMethod)>::kContexts;

template <typename T>
inline constexpr bool kIsOutcome = false;
template <typename T>
inline constexpr bool kIsOutcome<std::expected<T, GuestError>> = true;

/// Whether an encoded result<_, error> says denied.
inline bool is_denied(ByteSpan result) {
  return result.size() >= 2 && result[0] == 1 &&
         result[1] == static_cast<std::uint8_t>(GuestCode::kDenied);
}

/// Decodes the arguments and calls the method on the instance, with the context if it wants it.
template <auto kMethod, typename Instance, typename Context>
Status invoke(Instance& instance, ByteSpan arguments, const Context& context, Bytes& result) {
  if constexpr (kContextsOf<kMethod> == 1) {
    Context copy = context;
    return wasm::invoke_typed<kMethod>(arguments, result, instance, copy);
  } else {
    return wasm::invoke_typed<kMethod>(arguments, result, instance);
  }
}

template <auto kMethod, typename Instance>
CallOutcome call(Instance& instance, ByteSpan arguments, const CallContext& context,
                 Bytes& result) {
  result.clear();
  if (auto status = invoke<kMethod>(instance, arguments, context, result); !status) {
    result = to_bytes(as_bytes(status.error().message));
    return CallOutcome::kTrap;
  }
  if constexpr (kIsOutcome<ReturnOf<kMethod>>) {
    if (is_denied(result)) return CallOutcome::kDenied;
  }
  return CallOutcome::kReturn;
}

/// An effect's arguments were checked when it was called, or came from a verified chain.
template <auto kMethod, typename Instance, typename Context>
Status act(Instance& instance, ByteSpan arguments, const Context& context) {
  Bytes nothing;
  return invoke<kMethod>(instance, arguments, context, nothing);
}

template <typename Return>
void derive_effect(actor::CallInfo& info) {
  using actor::Emits;
  using actor::PlainResult;
  info.nature = actor::Nature::kEffect;
  if constexpr (std::is_void_v<Return>) {
    info.plain = PlainResult::kUnit;
    info.emits = Emits::kAlways;
  } else if constexpr (std::is_same_v<Return, bool>) {
    info.emits = Emits::kOnTrue;
  } else {
    static_assert(kIsOutcome<Return>, "an effect returns void, bool, Outcome or Started");
    info.plain = std::is_same_v<Return, Started> ? PlainResult::kMintedId : PlainResult::kOk;
    info.emits = Emits::kOnOk;
  }
}

}  // namespace binding_detail

/// Fills in the names and the event type of a family that has a handler with payload `Payload`.
template <typename Payload>
void describe(actor::FamilyInfo& info, const std::string& name, actor::HandlerNeed need) {
  constexpr std::string_view kVersion = "0.1.0";
  info.name = name;
  info.interface_name = fmt::format("theater:actor/{}@{}", name, kVersion);
  info.handler_name = fmt::format("theater:actor/{}-handler@{}#handle-events", name, kVersion);
  info.handler_need = need;
  info.event_type = wasm::type_of<Event<Payload>>();
  info.handler_type = handler_type<Payload>();
}

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

  /// The last effect matters to a restart: `kFold` (as kPerform, may ask for `PastEffect&`).
  template <auto kFold>
  Binding& folded() {
    rows_.back().fold = &binding_detail::act<kFold, Instance, PastEffect>;
    return *this;
  }

  actor::FamilyInfo& info() { return info_; }
  const actor::FamilyInfo& info() const { return info_; }

  actor::CallOutcome call(Instance& instance, std::size_t function, ByteSpan arguments,
                          const actor::CallContext& context, Bytes& result) const {
    return rows_.at(function).call(instance, arguments, context, result);
  }
  void perform(Instance& instance, const actor::Effect& effect) const {
    const auto& row = rows_.at(effect.function);
    CHECK(row.perform, "only effects are performed");
    CHECK(row.perform(instance, effect.arguments, effect), "an effect's arguments are canonical");
  }
  Status fold(Instance& instance, const actor::Effect& effect, WallTime time) const {
    const auto& row = rows_.at(effect.function);
    if (!row.fold) return {};
    return row.fold(instance, effect.arguments, PastEffect{effect.seq, effect.id, time});
  }

 private:
  struct Row {
    actor::CallOutcome (*call)(Instance&, ByteSpan, const actor::CallContext&, Bytes&) = nullptr;
    Status (*perform)(Instance&, ByteSpan, const actor::Effect&) = nullptr;
    Status (*fold)(Instance&, ByteSpan, const PastEffect&) = nullptr;
  };

  template <auto kMethod>
  Row& add(std::string name) {
    actor::CallInfo call;
    call.name = std::move(name);
    call.type = wasm::signature_of<kMethod>();
    info_.calls.push_back(std::move(call));
    return rows_.emplace_back(Row{&binding_detail::call<kMethod, Instance>});
  }

  actor::FamilyInfo info_;
  std::vector<Row> rows_;
};

}  // namespace theater::host
