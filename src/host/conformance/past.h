// What a rehearsal remembers of a life, so that the next one can be told; and its stop watch.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <variant>

#include "host/fake_actor.h"
#include "host/family.h"
#include "io/held_time.h"

namespace theater::host::conformance {

/// One life of the node, as far as one actor's family sees it.
struct Life {
  Life(const Family& family, const actor::Setting& grant) {
    auto made = family.create(grant, {shard.services, actor});
    CHECK(made, "the grant of the suite is well formed");
    instance = *std::move(made);
    actor.ports = instance->operations();
  }
  FakeShard shard;
  FakeActor actor;
  std::unique_ptr<actor::FamilyInstance> instance;
};

/// What the handler of a family with answers returns beside the state, for these events.
using Answers = Bytes (*)(std::span<const Bytes> events);

/// A committed effect.
struct Effect {
  std::size_t function;
  Bytes arguments;
  std::uint64_t id;
  Seq seq;
};
/// An event whose invocation committed; `operation`: it was the last of that one.
struct Delivered {
  Bytes event;
  std::optional<OperationId> operation;
};
using Past = std::variant<Effect, Delivered, FakeActor::Recorded>;

/// Tells a new instance what happened before it, as a restart does.
inline void fold(const Past& past, WallTime time, actor::FamilyInstance& instance) {
  if (const auto* effect = std::get_if<Effect>(&past)) {
    EXPECT_TRUE(instance.fold_effect(
        {effect->function, effect->arguments, effect->id, effect->seq, 0}, time));
  } else if (const auto* delivered = std::get_if<Delivered>(&past)) {
    if (delivered->operation) instance.operations()->fold_delivered(*delivered->operation);
    EXPECT_TRUE(instance.fold_event(delivered->event));
  } else {
    const auto& record = std::get<FakeActor::Recorded>(past);
    actor::OperationPast op{{record.id, record.phase, record.attempt}, record.event, {}};
    op.origin.operation = record.id;
    EXPECT_TRUE(instance.operations()->fold_record(op));
  }
}

/// Makes it happen, as the gate does.
inline void perform(const Effect& effect, actor::FamilyInstance& instance) {
  instance.perform({effect.function, effect.arguments, effect.id, effect.seq, 0});
}

/// Whether an encoded result<_, error> says so.
inline bool is_refusal(ByteSpan result, GuestCode code) {
  return result.size() >= 2 && result[0] == 1 && result[1] == static_cast<std::uint8_t>(code);
}

/// The longest of what it has timed: computing and being blocked. Others on the machine do not
/// count.
class StopWatch {
 public:
  template <typename F>
  auto time(F what) {
    const io::HeldTime::Mark begun = held_.mark();
    const auto result = what();
    longest_ = std::max(longest_, held_.since(begun).total());
    return result;
  }
  Nanoseconds longest() const { return longest_; }

 private:
  io::HeldTime held_;
  Nanoseconds longest_{0};
};

}  // namespace theater::host::conformance
