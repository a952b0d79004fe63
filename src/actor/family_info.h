// FamilyInfo: what is fixed about a host family. The tables by which calls are recorded, linked and
// replayed; replay knows families by these tables alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chain/event.h"
#include "wasm/type.h"

namespace theater::actor {

/// What a host function does with the world.
enum class Nature : std::uint8_t {
  kRead,    // asks the host something; has no effect
  kEffect,  // buffers an effect, performed by the output gate once its commit is durable
  kWait,    // suspends the guest: the effect is performed when its host-req is durable
};

/// The result of a call that leaves no record of its own (chain.md 1, folding): a call that
/// answers anything else is recorded as host-call.
enum class PlainResult : std::uint8_t {
  kNone,      // no result is plain: always recorded
  kUnit,      // the function has no result
  kOk,        // ok of result<_, E>
  kMintedId,  // ok(the actor's next id) of result<u64, E>
};

/// Which results make a kEffect call emit its effect (an output of the commit).
enum class Emits : std::uint8_t {
  kNever,   // kRead
  kAlways,  // whatever the result
  kOnOk,    // result<...> that is ok
  kOnTrue,  // bool that is true
};

/// What an output of the commit is about (its id).
enum class Target : std::uint8_t {
  kNone,           // 0
  kMintedId,       // the id the call answered
  kFirstArgument,  // a u64: the connection written to
};

/// A kWait call of an invocation that a crash ended, when its events are delivered again.
enum class Asking : std::uint8_t {
  kOnce,   // its effect may have happened: the repetition is told `interrupted` instead
  kAgain,  // it only reads: it is made again
};

/// One host function. Types are compared without the names of parameters.
struct CallInfo {
  std::string name;         // within the interface: "after"
  wasm::FunctionType type;  // equal to the WIT, compared with each component's import
  Nature nature = Nature::kRead;
  chain::OutputClass output_class = chain::OutputClass::kOperation;
  PlainResult plain = PlainResult::kNone;
  Emits emits = Emits::kNever;
  Target target = Target::kNone;
  Asking asking = Asking::kOnce;  // kWait
};

enum class HandlerNeed : std::uint8_t {
  kNone,      // the family has no events
  kOptional,  // needed only by who imports a start: its last event would be waited for, for ever
  kRequired,  // a grant without the exported handler is refused at start
};

/// Who may use a family.
enum class GrantNeed : std::uint8_t {
  kTable,       // whose manifest has [grants.<name>]
  kOperations,  // who has a granted family with operations; there is no table
};

/// One family, as `Family::info()` returns it; lives as long as the node. Lists of families are in
/// a fixed order; a position in the list is the family's index.
struct FamilyInfo {
  std::string name;            // the key of [grants.<name>]: "timer"
  std::string interface_name;  // imports: "theater:actor/timer@0.1.0"
  std::string handler_name;    // "theater:actor/timer-handler@0.1.0#handle-events"; "" if none
  HandlerNeed handler_need = HandlerNeed::kNone;
  std::optional<wasm::FunctionType> handler_type;  // of handle-events
  std::optional<wasm::Type> event_type;            // record event { id, payload }
  GrantNeed grant_need = GrantNeed::kTable;
  bool has_operations = false;  // FamilyInstance::operations() is there
  std::vector<CallInfo> calls;  // the position is the function's index
  /// What handle-events returns beside the state: an effect of its commit, named like the handler;
  /// its function index is calls.size(). Nothing: handlers return the state alone.
  std::optional<CallInfo> answers;
};

}  // namespace theater::actor
