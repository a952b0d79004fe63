// The table of kinds and keys.
#include "chain/kind_rules.h"

#include <array>
#include <bit>

#include "chain/limits.h"

namespace theater::chain {
namespace {

constexpr KeySet kI = key_bit(Key::kInvocation), kIn = key_bit(Key::kInputs),
                 kN = key_bit(Key::kName), kP = key_bit(Key::kPayloads),
                 kS = key_bit(Key::kStateRoot), kO = key_bit(Key::kOutcome),
                 kF = key_bit(Key::kFuel), kB = key_bit(Key::kBody), kOut = key_bit(Key::kOutputs);

constexpr KindRule rule(KeySet required, KeySet optional, std::uint8_t payloads_max) {
  return {required, required | optional, payloads_max};
}

constexpr std::array<KindRule, kKindMax + 1> kRules = {
    KindRule{},
    rule(kB, 0, 0),                              // genesis
    rule(kB, 0, 0),                              // upgrade
    rule(kB, 0, 0),                              // activate
    rule(kN, kIn | kB, 0),                       // recv
    rule(kI | kN | kP | kB, 0, 2),               // host-call
    rule(kI | kN | kP | kB, 0, 1),               // host-req
    rule(kI | kP | kB, 0, 1),                    // host-res
    rule(kP | kB, kN, 2),                        // send
    rule(kI | kS | kO, kP | kF | kOut, 1),       // commit
    rule(kI | kS | kB, kP | kO | kF | kOut, 1),  // trap
    rule(kB, kI | kN | kP, 1),                   // op
    rule(kB, kI | kIn, 0),                       // overflow
    rule(kI | kN | kP | kB, 0, 2),               // denied
    rule(kS | kB, 0, 0),                         // snapshot
    rule(kB, kP, 1),                             // lifecycle
    rule(kB, 0, 0),                              // recovery
};

/// The index in Body of the shape that a kind's key 14 has.
constexpr std::array<std::size_t, kKindMax + 1> kShapes = {0, 1, 1, 2, 3, 4,  4,  5, 6,
                                                           0, 7, 8, 9, 4, 10, 11, 12};

}  // namespace

const KindRule* kind_rule(std::uint64_t kind) {
  return kind >= 1 && kind <= kKindMax ? &kRules[kind] : nullptr;
}

KeySet keys_of(const RecordDraft& draft) {
  KeySet keys = 0;
  if (draft.invocation) keys |= kI;
  if (!draft.inputs.empty()) keys |= kIn;
  if (!draft.name.empty()) keys |= kN;
  if (!draft.payloads.empty()) keys |= kP;
  if (draft.state_root) keys |= kS;
  if (draft.outcome) keys |= kO;
  if (draft.fuel) keys |= kF;
  if (draft.body.index() != 0) keys |= kB;
  if (!draft.outputs.empty()) keys |= kOut;
  return keys;
}

Status check_keys(std::uint64_t kind, KeySet present) {
  const KindRule* found = kind_rule(kind);
  if (found == nullptr) return fail(Code::kInvalid, "kind {} is unknown", kind);
  const auto word = kind_name(static_cast<Kind>(kind));
  if (const KeySet missing = found->required & ~present; missing != 0) {
    return fail(Code::kInvalid, "{} lacks key {}", word, std::countr_zero(missing));
  }
  if (const KeySet extra = present & ~found->allowed; extra != 0) {
    return fail(Code::kInvalid, "{} may not have key {}", word, std::countr_zero(extra));
  }
  return {};
}

Status check_kind(const RecordDraft& draft) {
  const auto kind = static_cast<std::uint8_t>(draft.kind);
  TRY_OK(check_keys(kind, keys_of(draft)));
  const KindRule& found = *kind_rule(kind);
  if (draft.payloads.size() > found.payloads_max) {
    return fail(Code::kInvalid, "{} has {} payloads, at most {} are allowed", kind_name(draft.kind),
                draft.payloads.size(), found.payloads_max);
  }
  const std::size_t shape = draft.body.index();
  if (shape != 0 && shape != kShapes[kind]) {
    return fail(Code::kInvalid, "{} has the body of another kind", kind_name(draft.kind));
  }
  return {};
}

}  // namespace theater::chain
