// How a binding calls the methods of an instance: decoding, encoding, recording rules.
#pragma once

#include <string>
#include <tuple>
#include <utility>

#include "actor/host_port.h"
#include "base/check.h"
#include "host/operation_plan.h"
#include "host/wit_types.h"
#include "wasm/typed.h"

namespace theater::host::binding_detail {

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

/// A check that does not answer with the WIT result itself, as a function that does: `Out` takes
/// what the check said. A check may ask for the `CallContext&` first.
template <auto kCheck, typename Parameters, typename Out>
struct Checked;
template <auto kCheck, typename Out, typename... P>
struct Checked<kCheck, std::tuple<P...>, Out> {
  template <typename Instance>
  static typename Out::Result ask(Instance& instance, Out& out, P... arguments) {
    return out.take(instance, std::invoke(kCheck, instance, std::forward<P>(arguments)...));
  }
};
template <auto kCheck, typename Out, typename... P>
struct Checked<kCheck, std::tuple<CallContext&, P...>, Out> {
  template <typename Instance>
  static typename Out::Result ask(Instance& instance, Out& out, P... arguments) {
    return out.take(instance,
                    std::invoke(kCheck, instance, out.context, std::forward<P>(arguments)...));
  }
};
template <auto kCheck, typename Instance, typename Out>
inline constexpr auto kAsk =
    &Checked<kCheck, typename wasm::typed_detail::ShapeOf<decltype(kCheck)>::Parameters,
             Out>::template ask<Instance>;

/// What the check of a wait call says.
template <typename T>
struct WaitAnswer {
  using Result = T;
  CallContext context;
  bool suspends = false;
  template <typename Instance>
  T take(Instance&, std::optional<T> answer) {
    suspends = !answer.has_value();
    return suspends ? T() : *std::move(answer);
  }
};
template <auto kCheck>
using WaitResult = typename ReturnOf<kCheck>::value_type;

template <typename T>
Bytes refusal(const GuestError& error) {
  return wasm::to_binary(T(std::unexpected(error)));
}

template <auto kCheck, typename Instance>
CallOutcome call_wait(Instance& instance, ByteSpan arguments, const CallContext& context,
                      Bytes& result) {
  static_assert(kIsOutcome<WaitResult<kCheck>>, "a wait's result has an error case");
  using Out = WaitAnswer<WaitResult<kCheck>>;
  result.clear();
  Out out{context};
  const Status asked =
      wasm::invoke_typed<kAsk<kCheck, Instance, Out>>(arguments, result, instance, out);
  if (!asked) {
    result = to_bytes(as_bytes(asked.error().message));
    return CallOutcome::kTrap;
  }
  if (out.suspends) {
    result.clear();
    if (!context.was_asked) return CallOutcome::kSuspend;
    result = refusal<WaitResult<kCheck>>(
        {GuestCode::kInterrupted, "", "the node ended while it was under way", {}});
  }
  return is_denied(result) ? CallOutcome::kDenied : CallOutcome::kReturn;
}

template <auto kCheck, auto kPerform, typename Instance>
Status perform_wait(Instance& instance, ByteSpan arguments, const actor::Effect& effect) {
  static_assert(kContextsOf<kPerform> == 1, "who performs a wait takes a Ticket& first");
  const auto ticket = instance.wait_book().open(effect, &refusal<WaitResult<kCheck>>);
  if (!ticket) return {};
  return act<kPerform>(instance, arguments, *ticket);
}

/// What the check of a start says: the operation is prepared, or only asked about.
struct StartAnswer {
  using Result = Started;
  CallContext context;
  std::size_t function = 0;
  ByteSpan arguments;
  Planned* plan = nullptr;  // set: only that
  template <typename Instance>
  Started take(Instance& instance, Planned planned) {
    if (plan != nullptr) {
      *plan = std::move(planned);
      return 0;
    }
    if (!planned) return std::unexpected(std::move(planned.error()));
    return instance.book().prepare(OperationId{context.next_id}, {function, arguments}, *planned);
  }
};

template <auto kCheck, typename Instance>
CallOutcome call_start(Instance& instance, ByteSpan arguments, StartAnswer& out, Bytes& result) {
  result.clear();
  const Status asked =
      wasm::invoke_typed<kAsk<kCheck, Instance, StartAnswer>>(arguments, result, instance, out);
  if (!asked) {
    result = to_bytes(as_bytes(asked.error().message));
    return CallOutcome::kTrap;
  }
  return is_denied(result) ? CallOutcome::kDenied : CallOutcome::kReturn;
}

template <auto kCheck, typename Instance>
Status plan_start(Instance& instance, ByteSpan arguments, Planned& plan) {
  StartAnswer out{};
  out.plan = &plan;
  Bytes nothing;
  return wasm::invoke_typed<kAsk<kCheck, Instance, StartAnswer>>(arguments, nothing, instance, out);
}

}  // namespace theater::host::binding_detail
