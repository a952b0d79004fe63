// A call waits for its import's answer and gives way when its slice is over; both without losing
// its place, so that no guest holds its shard (BLOCK-1); a call past its deadline ends; an instance
// can be destroyed at any point of it.
#include "wasm/testing/guest_kit.h"

namespace theater::wasm {
namespace {

using testing::Guest;
using testing::make_engine;

constexpr std::string_view kGuest = R"((component
  (import "ask" (func $ask (param "n" u32) (result string)))
  (core module $libc (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $libc))
  (core func $ask (canon lower (func $ask)
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m (import "h" "ask" (func $ask (param i32 i32)))
    (func (export "f") (param i32) (result i32)
      (call $ask (local.get 0) (i32.const 16)) (i32.const 16))
    (func (export "spin") (loop $l (br $l)))
    (func (export "ask-often") (param $n i32) (result i32)
      (loop $l (call $ask (local.get $n) (i32.const 16))
        (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $l (local.get $n)))
      (i32.const 42)))
  (core instance $m (instantiate $m (with "h" (instance (export "ask" (func $ask))))))
  (func (export "f") (param "n" u32) (result string) (canon lift (core func $m "f")
    (memory (core memory $libc "memory"))))
  (func (export "spin") (canon lift (core func $m "spin")))
  (func (export "ask-often") (param "n" u32) (result u32) (canon lift (core func $m "ask-often")))
))";

testing::ScriptedImports::Answer suspend() { return {ImportOutcome::kSuspend, {}, ""}; }

Bytes text_answer(std::string_view text) {
  return encode(Value(std::string(text)), Type(Kind::kString)).value();
}

TEST(Suspension, ACallWaitsForItsAnswer) {
  Guest guest(kGuest);
  std::uint64_t asked = 0;
  guest.imports.functions["ask"] = [&](const std::vector<Value>& arguments) {
    asked = *arguments[0].as<std::uint64_t>();
    return suspend();
  };
  for (const char* answer : {"first", "second"}) {
    EXPECT_EQ(guest.call("f", {"7"}), "suspended");
    EXPECT_EQ(asked, 7u);
    EXPECT_EQ(guest.instance->poll(), CallState::kSuspended) << "polling does not answer";
    guest.instance->resume(text_answer(answer));
    EXPECT_EQ(guest.instance->poll(), CallState::kDone);
    EXPECT_EQ(guest.result(), fmt::format("\"{}\"", answer));
  }
}

TEST(Suspension, AnAnswerMayBeATrapOrMalformed) {
  Guest guest(kGuest);
  guest.imports.functions["ask"] = [](const auto&) { return suspend(); };
  EXPECT_EQ(guest.call("f", {"7"}), "suspended");
  guest.instance->resume_with_trap("gone");
  EXPECT_EQ(guest.instance->poll(), CallState::kDone);
  EXPECT_EQ(guest.result(), "trap host: gone");

  ASSERT_EQ(guest.open(), "");
  EXPECT_EQ(guest.call("f", {"7"}), "suspended");
  guest.instance->resume(as_bytes("\x05zu"));
  EXPECT_EQ(guest.instance->poll(), CallState::kDone);
  EXPECT_EQ(guest.result().substr(0, 9), "trap host");
}

TEST(Suspension, ManyInstancesWaitAtOneTime) {
  Guest guest(kGuest);
  guest.imports.functions["ask"] = [](const auto&) { return suspend(); };
  std::vector<std::unique_ptr<Instance>> instances;
  const Bytes seven = {7};
  const ByteSpan piece = seven;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(guest.open(), "");
    guest.instance->start(*guest.component->find_export("f"), {&piece, 1});
    EXPECT_EQ(guest.instance->poll(), CallState::kSuspended);
    instances.push_back(std::move(guest.instance));
  }
  for (std::size_t i = instances.size(); i-- > 0;) {
    instances[i]->resume(text_answer(fmt::to_string(i)));
    EXPECT_EQ(instances[i]->poll(), CallState::kDone);
    EXPECT_EQ(instances[i]->take_result(), text_answer(fmt::to_string(i)));
  }
}

TEST(Suspension, AnInstanceMayGoAtAnyPoint) {
  const auto engine = make_engine();
  Guest guest(kGuest, *engine);
  guest.imports.functions["ask"] = [](const auto&) { return suspend(); };
  EXPECT_EQ(guest.call("f", {"7"}), "suspended");
  guest.instance.reset();
  guest.start("f", {"7"});
  guest.instance.reset();  // begun, never polled
  guest.start("spin", {});
  for (std::uint64_t i = 0; i < Engine::kTicksPerSlice; ++i) engine->tick();
  EXPECT_EQ(guest.instance->poll(), CallState::kYielded);
  guest.instance.reset();
}

TEST(Suspension, ALongCallGivesWayAtEachSlice) {
  const auto engine = make_engine();
  Guest guest(kGuest, *engine);
  int asked = 0;
  guest.imports.functions["ask"] = [&](const auto&) {
    ++asked;
    for (std::uint64_t i = 0; i < Engine::kTicksPerSlice; ++i) engine->tick();
    return testing::ScriptedImports::Answer{ImportOutcome::kReturn, Value("x"), ""};
  };
  guest.start("ask-often", {"4"});
  for (int slice = 1; slice <= 4; ++slice) {  // each time within the realloc for the answer
    EXPECT_EQ(guest.instance->poll(), CallState::kYielded);
    EXPECT_EQ(asked, slice);
  }
  EXPECT_EQ(guest.instance->poll(), CallState::kDone);
  EXPECT_EQ(guest.result(), "42");
}

/// Whatever the import may do else: kImmediate ones too.
TEST(Suspension, AnImportMayGiveWayBeforeItReturns) {
  Guest guest(kGuest, testing::shared_engine(), ImportMode::kImmediate);
  int asked = 0;
  guest.imports.functions["ask"] = [&](const auto&) {
    ++asked;
    const auto outcome = asked % 2 == 0 ? ImportOutcome::kReturn : ImportOutcome::kYield;
    return testing::ScriptedImports::Answer{outcome, Value("x"), ""};
  };
  guest.start("ask-often", {"4"});
  EXPECT_EQ(guest.instance->poll(), CallState::kYielded);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(guest.instance->poll(), CallState::kYielded);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(guest.instance->poll(), CallState::kDone);
  EXPECT_EQ(guest.result(), "42");
  guest.start("f", {"7"});
  EXPECT_EQ(guest.instance->poll(), CallState::kYielded);
  guest.instance.reset();  // an instance may go while it rests
}

/// The rest is not the guest's time; what it used before is, though no slice was whole.
TEST(Suspension, ACallThatGivesWayEndsAtItsDeadline) {
  const auto engine = make_engine();
  Guest guest(kGuest, *engine);
  InstanceLimits limits;
  limits.deadline = engine->tick_length() * 3;
  guest.imports.functions["ask"] = [&](const auto&) {
    engine->tick();
    return testing::ScriptedImports::Answer{ImportOutcome::kYield, Value("x"), ""};
  };
  ASSERT_EQ(guest.open(limits), "");
  guest.start("ask-often", {"100"});
  for (int slice = 1; slice <= 3; ++slice) {
    EXPECT_EQ(guest.instance->poll(), CallState::kYielded);
    for (int i = 0; i < 1000; ++i) engine->tick();
  }
  EXPECT_EQ(guest.instance->poll(), CallState::kDone);
  EXPECT_EQ(guest.result().substr(0, 13), "trap deadline");
}

TEST(Suspension, ACallPastItsDeadlineTraps) {
  EngineOptions options;
  options.ticking = Ticking::kThread;
  options.allocation = Allocation::kOnDemand;
  options.slice = Milliseconds(2);
  const auto engine = Engine::create(options).value();
  Guest guest(kGuest, *engine);
  InstanceLimits limits;
  limits.deadline = Milliseconds(20);
  ASSERT_EQ(guest.open(limits), "");
  guest.start("spin", {});
  int slices = 0;
  while (guest.instance->poll() == CallState::kYielded) ++slices;
  EXPECT_GE(slices, 3);
  EXPECT_EQ(guest.result(), "trap deadline: the call ran longer than its deadline of 20 ms");
}

TEST(Suspension, AStartFunctionPastItsDeadlineIsRefused) {
  EngineOptions options;
  options.allocation = Allocation::kOnDemand;
  options.slice = Milliseconds(2);
  const auto engine = Engine::create(options).value();
  Guest guest(R"((component (core module $m (func $s (loop $l (br $l))) (start $s))
    (core instance (instantiate $m))))",
              *engine);
  InstanceLimits limits;
  limits.deadline = Milliseconds(10);
  EXPECT_EQ(guest.open(limits),
            "the component's start function trapped: the call ran longer than its deadline of 10 "
            "ms");
}

TEST(Suspension, TimeSpentWaitingIsNotTheGuests) {
  const auto engine = make_engine();
  Guest guest(kGuest, *engine);
  guest.imports.functions["ask"] = [](const auto&) { return suspend(); };
  InstanceLimits limits;
  limits.deadline = Milliseconds(10);
  ASSERT_EQ(guest.open(limits), "");
  EXPECT_EQ(guest.call("f", {"7"}), "suspended");
  for (int i = 0; i < 1000; ++i) engine->tick();
  guest.instance->resume(text_answer("late"));
  EXPECT_EQ(guest.instance->poll(), CallState::kDone);
  EXPECT_EQ(guest.result(), "\"late\"");
}

}  // namespace
}  // namespace theater::wasm
