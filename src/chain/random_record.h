// For tests: random records of every kind, all of them allowed.
#pragma once

#include <string>

#include "chain/event.h"
#include "chain/kind_rules.h"
#include "chain/limits.h"
#include "io/manual_clock.h"

namespace theater::chain {

class RandomRecord {
 public:
  explicit RandomRecord(io::SeededRandom& random) : random_(random) {}

  /// A record whose kind's optional keys are there or not by chance.
  Record make() {
    Record record;
    record.kind = static_cast<Kind>(1 + below(kKindMax));
    record.link = {id<ActorId>(), {number()}, id<Digest>(), number()};
    const KindRule& rule = *kind_rule(static_cast<std::uint64_t>(record.kind));
    const auto has = [&](Key key) {
      const bool required = (rule.required & key_bit(key)) != 0;
      return required || ((rule.allowed & key_bit(key)) != 0 && below(2) == 0);
    };
    if (has(Key::kInvocation)) record.invocation = Seq{number()};
    if (has(Key::kInputs)) {
      for (std::uint64_t i = 1 + below(8); i > 0; --i) record.inputs.push_back(input());
    }
    if (has(Key::kName)) record.name = std::string(1 + below(kNameBytesMax), 'n');
    if (has(Key::kPayloads)) {
      for (std::uint64_t i = 1 + below(rule.payloads_max); i > 0; --i) {
        record.payloads.push_back(commitment());
      }
    }
    if (has(Key::kStateRoot)) record.state_root = id<Digest>();
    if (has(Key::kOutcome)) record.outcome = static_cast<std::int64_t>(number()) >> below(64);
    if (has(Key::kFuel)) record.fuel = number();
    if (has(Key::kBody)) record.body = body(record.kind);
    if (has(Key::kOutputs)) {
      for (std::uint64_t i = 1 + below(8); i > 0; --i) record.outputs.push_back(output());
    }
    return record;
  }

  Input input() {
    Input input{commitment(), std::nullopt};
    if (below(2) == 0) {
      input.reference = Reference{id<ActorId>(), {number()}, id<Digest>(), std::nullopt};
      if (below(2) == 0) input.reference->output = number();
    }
    return input;
  }
  Output output() { return {output_class(), target(), commitment()}; }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_.next() % bound; }
  std::uint64_t number() { return random_.next() >> below(64); }
  template <typename Id>
  Id id() {
    Id made;
    random_.fill(made.bytes);
    return made;
  }
  template <typename Enum>
  Enum choose(Enum last) {
    return static_cast<Enum>(below(static_cast<std::uint64_t>(last) + 1));
  }
  PayloadCommitment commitment() { return {number(), id<Digest>(), id<TypeHint>()}; }
  OutputClass output_class() { return static_cast<OutputClass>(below(kOutputClassMax + 1)); }
  OutputTarget target() {
    if (below(2) == 0) return id<ActorId>();
    return number();
  }
  GenesisBody genesis() {
    GenesisBody made{id<Digest>(), id<Digest>(), id<Digest>(), commitment()};
    made.mode = choose(InstanceMode::kFresh);
    made.nonce = id<Salt>();
    if (below(2) == 0) made.parent = id<ActorId>();
    return made;
  }
  Body body(Kind kind) {
    switch (kind) {
      case Kind::kGenesis:
      case Kind::kUpgrade:
        return genesis();
      case Kind::kActivate:
        return ActivateBody{choose(ActivateReason::kUpgraded)};
      case Kind::kReceive:
        return RepeatBody{{number()}};
      case Kind::kHostCall:
      case Kind::kHostRequest:
      case Kind::kDenied:
        return OrdinalBody{number()};
      case Kind::kHostResponse:
        return RequestBody{{number()}};
      case Kind::kSend:
        return SendBody{output_class(), target()};
      case Kind::kTrap:
        return TrapBody{choose(TrapReason::kLimit)};
      case Kind::kOperation:
        return OperationBody{{number()}, choose(OperationPhase::kInterrupted), number()};
      case Kind::kOverflow:
        return OverflowBody{std::string(1 + below(kQueueNameBytesMax), 'q'),
                            choose(OverflowPolicy::kDropOldest), number(), number()};
      case Kind::kSnapshot:
        return SnapshotBody{id<Digest>(), {number()}};
      case Kind::kLifecycle:
        return LifecycleBody{choose(LifecycleStep::kMoveIn), number()};
      default:
        return RecoveryBody{number(), number(), number()};
    }
  }

  io::SeededRandom& random_;
};

}  // namespace theater::chain
