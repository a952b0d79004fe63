// Whatever a guest does wrong ends its call with a Trap that names the reason, kills that instance
// and nothing else.
#include <stdexcept>

#include "wasm/testing/guest_kit.h"

namespace theater::wasm {
namespace {

using testing::Guest;
using testing::make_engine;

/// A component with memory and realloc whose core module holds `functions`, and `exports` of it.
std::string component(std::string_view functions, std::string_view exports) {
  return fmt::format(R"((component {}
    (import "say" (func $say (param "n" u32)))
    (core func $say (canon lower (func $say)))
    (core module $m
      (import "libc" "memory" (memory 1))
      (import "h" "say" (func $say (param i32)))
      {})
    (core instance $m (instantiate $m
      (with "libc" (instance $libc)) (with "h" (instance (export "say" (func $say))))))
    {}))",
                     testing::kAllocator, functions, exports);
}

constexpr std::string_view kPlain = R"((func (export "f") (canon lift (core func $m "f"))))";

struct Rule {
  const char* name;
  const char* function;
  const char* expected;
};

TEST(TrapRules, CoreTrapsAreNamed) {
  const Rule rules[] = {
      {"unreachable", R"((func (export "f") unreachable))",
       "trap unreachable: unreachable instruction executed"},
      {"memory", R"((func (export "f") (drop (i32.load (i32.const -4)))))",
       "trap out-of-bounds: out of bounds memory access"},
      {"stack", R"((func $f (export "f") (call $f)))", "trap stack-overflow: call stack exhausted"},
      {"divide", R"((func (export "f") (drop (i32.div_u (i32.const 1) (i32.const 0)))))",
       "trap arithmetic: integer divide by zero"},
      {"convert", R"((func (export "f") (drop (i32.trunc_f32_s (f32.const nan)))))",
       "trap arithmetic: invalid conversion to integer"},
      {"null call", R"((table 1 funcref) (type $t (func))
          (func (export "f") (call_indirect (type $t) (i32.const 0))))",
       "trap indirect-call: indirect call to an uninitialized element"},
      {"wrong call", R"((table 1 funcref) (type $t (func (param i32))) (elem (i32.const 0) $g)
          (func $g) (func (export "f") (call_indirect (type $t) (i32.const 1) (i32.const 0))))",
       "trap indirect-call: indirect call type mismatch"},
      {"table", R"((table 1 funcref) (type $t (func))
          (func (export "f") (call_indirect (type $t) (i32.const 9))))",
       "trap out-of-bounds: out of bounds table access"},
  };
  for (const Rule& rule : rules) {
    Guest guest(component(rule.function, kPlain));
    EXPECT_EQ(guest.call("f"), rule.expected) << rule.name;
    EXPECT_FALSE(guest.instance->is_alive()) << rule.name;
  }
}

TEST(TrapRules, ATrapHasABacktraceOfNames) {
  Guest guest(
      component(R"((func $inner unreachable) (func $outer (export "f") (call $inner)))", kPlain));
  static_cast<void>(guest.call("f"));
  EXPECT_EQ(guest.trap.backtrace, "inner\nouter");
}

constexpr std::string_view kTextResult = R"((func (export "f") (result string)
    (canon lift (core func $m "f") (memory (core memory $libc "memory")))))";

TEST(TrapRules, ResultsThatBreakTheCanonicalAbi) {
  const Rule rules[] = {
      {"unaligned result pointer", R"((func (export "f") (result i32) (i32.const 2)))", "trap abi"},
      {"result outside memory", R"((func (export "f") (result i32) (i32.const -4)))", "trap abi"},
      {"text outside memory", R"((func (export "f") (result i32)
          (i32.store (i32.const 16) (i32.const 65530)) (i32.store (i32.const 20) (i32.const 7))
          (i32.const 16)))",
       "trap abi"},
      {"bad UTF-8", R"((func (export "f") (result i32) (i32.store8 (i32.const 8) (i32.const 255))
          (i32.store (i32.const 16) (i32.const 8)) (i32.store (i32.const 20) (i32.const 1))
          (i32.const 16)))",
       "trap abi"},
  };
  for (const Rule& rule : rules) {
    Guest guest(component(rule.function, kTextResult));
    EXPECT_EQ(guest.call("f").substr(0, 8), rule.expected) << rule.name;
  }
}

TEST(TrapRules, ReallocAnswersAreChecked) {
  for (const char* pointer : {"-1", "65535"}) {
    Guest guest(fmt::format(R"((component
      (core module $m (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const {}))
        (func (export "f") (param i32 i32)))
      (core instance $m (instantiate $m))
      (func (export "f") (param "s" string) (canon lift (core func $m "f")
        (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))))",
                            pointer));
    EXPECT_EQ(guest.call("f", {"\"long\""}).substr(0, 8), "trap abi") << pointer;
  }
}

TEST(TrapRules, ATrapInReallocIsTheCallsTrap) {
  Guest guest(R"((component
      (core module $m (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "f") (param i32 i32)))
      (core instance $m (instantiate $m))
      (func (export "f") (param "s" string) (canon lift (core func $m "f")
        (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))))");
  EXPECT_EQ(guest.call("f", {"\"x\""}), "trap unreachable: unreachable instruction executed");
}

TEST(TrapRules, PostReturnMustNotLeave) {
  Guest guest(component(R"((func (export "f") (result i32) (i32.const 7))
      (func (export "post") (param i32) (call $say (local.get 0))))",
                        R"((func (export "f") (result u32) (canon lift (core func $m "f")
          (post-return (core func $m "post")))))"));
  guest.imports.functions["say"] = [](const auto&) { return testing::ScriptedImports::Answer{}; };
  EXPECT_EQ(guest.call("f"), "trap reentrance: cannot leave component instance");
}

TEST(TrapRules, ReallocMustNotLeave) {
  Guest guest(R"((component
      (import "say" (func $say (param "n" u32)))
      (core func $say (canon lower (func $say)))
      (core module $m (import "h" "say" (func $say (param i32))) (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
          (call $say (i32.const 1)) (i32.const 8))
        (func (export "f") (param i32 i32)))
      (core instance $m (instantiate $m (with "h" (instance (export "say" (func $say))))))
      (func (export "f") (param "s" string) (canon lift (core func $m "f")
        (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))))");
  guest.imports.functions["say"] = [](const auto&) { return testing::ScriptedImports::Answer{}; };
  EXPECT_EQ(guest.call("f", {"\"x\""}), "trap reentrance: cannot leave component instance");
}

TEST(TrapRules, AHostFunctionsTrapCarriesItsMessage) {
  Guest guest(component(R"((func (export "f") (call $say (i32.const 3))))", kPlain));
  guest.imports.functions["say"] = [](const auto&) {
    return testing::ScriptedImports::Answer{ImportOutcome::kTrap, {}, "not today"};
  };
  EXPECT_EQ(guest.call("f"), "trap host: not today");
}

TEST(TrapRules, AnImmediateImportMustNotSuspend) {
  Guest guest(component(R"((func (export "f") (call $say (i32.const 3))))", kPlain),
              testing::shared_engine(), ImportMode::kImmediate);
  guest.imports.functions["say"] = [](const auto&) {
    return testing::ScriptedImports::Answer{ImportOutcome::kSuspend, {}, ""};
  };
  EXPECT_EQ(guest.call("f"), "trap host: an import that may not suspend did: say");
}

TEST(TrapRules, StartFunctionsThatTrapOrWaitAreRefused) {
  const auto starting = [](std::string_view body) {
    return component(fmt::format("(func $start {}) (start $start)", body), "");
  };
  EXPECT_EQ(Guest(starting("unreachable")).open(),
            "the component's start function trapped: unreachable instruction executed");
  Guest waits(starting("(call $say (i32.const 1))"));
  waits.imports.functions["say"] = [](const auto&) {
    return testing::ScriptedImports::Answer{ImportOutcome::kSuspend, {}, ""};
  };
  EXPECT_EQ(waits.open(),
            "the component's start function trapped: a start function must not wait, but it called "
            "say");
  Guest says(starting("(call $say (i32.const 1))"));
  int said = 0;
  says.imports.functions["say"] = [&](const auto&) {
    ++said;
    return testing::ScriptedImports::Answer{};
  };
  EXPECT_EQ(says.open(), "");
  EXPECT_EQ(said, 1);
}

TEST(TrapRules, MemoryAndTablesStayWithinTheirLimits) {
  InstanceLimits limits;
  limits.memory_bytes_max = 4 << 16;
  limits.table_elements_max = 10;
  Guest guest(component(R"((table $t 5 funcref)
      (func (export "f") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "g") (param i32) (result i32)
        (table.grow $t (ref.null func) (local.get 0))))",
                        R"((func (export "f") (param "n" u32) (result s32)
          (canon lift (core func $m "f")))
        (func (export "g") (param "n" u32) (result s32) (canon lift (core func $m "g"))))"));
  ASSERT_EQ(guest.open(limits), "");
  EXPECT_EQ(guest.call("f", {"3"}), "1");
  EXPECT_EQ(guest.call("f", {"1"}), "-1");
  EXPECT_EQ(guest.call("g", {"5"}), "5");
  EXPECT_EQ(guest.call("g", {"1"}), "-1");
  EXPECT_EQ(guest.instance->memory_bytes(), 4u << 16);
  limits.memory_bytes_max = 1000;
  EXPECT_EQ(Guest(component("", "")).open(limits),
            "the component begins with 65536 bytes of memory, its limit is 1000");
}

TEST(TrapRules, AGuestWithoutMemoryIsSaidToBeSo) {
  Guest guest(component(R"((func (export "f")
      (if (i32.eq (memory.grow (i32.const 60000)) (i32.const -1)) (then unreachable))))",
                        kPlain));
  InstanceLimits limits;
  limits.memory_bytes_max = 2 << 16;
  ASSERT_EQ(guest.open(limits), "");
  EXPECT_EQ(guest.call("f"),
            "trap unreachable: unreachable instruction executed (its memory is at its limit of "
            "131072 bytes)");
}

TEST(TrapRules, MemoriesTogetherStayWithinTheLimit) {
  const std::string text = R"((component
    (import "say" (func $say (param "n" u32)))
    (core func $say (canon lower (func $say)))
    (core module $a (memory (export "memory") 1))
    (core instance $a (instantiate $a))
    (core module $m (import "a" "memory" (memory $a 1))
      (import "h" "say" (func $say (param i32)))
      (memory $b (export "memory") 1)
      (func (export "f") (param i32)
        (drop (memory.grow $a (local.get 0))) (drop (memory.grow $b (local.get 0)))))
    (core instance $m (instantiate $m (with "a" (instance $a))
      (with "h" (instance (export "say" (func $say))))))
    (func (export "f") (param "n" u32) (canon lift (core func $m "f")))))";
  InstanceLimits limits;
  limits.memory_bytes_max = 10 << 16;
  Guest guest(text);
  ASSERT_EQ(guest.open(limits), "");
  EXPECT_EQ(guest.call("f", {"4"}), "-");
  EXPECT_EQ(guest.instance->memory_bytes(), 10u << 16);
  EXPECT_EQ(guest.call("f", {"1"}),
            "trap memory-limit: the instance's memories hold 786432 bytes together, at most 655360 "
            "are allowed");
}

TEST(TrapRules, AThrowingHostFunctionIsATrap) {
  Guest guest(component(R"((func (export "f") (call $say (i32.const 3))))", kPlain));
  guest.imports.functions["say"] = [](const auto&) -> testing::ScriptedImports::Answer {
    throw std::runtime_error("no");
  };
  EXPECT_EQ(guest.call("f"), "trap host: a host function failed: no");
}

TEST(TrapRules, FuelRunsOutAtTheSamePlaceEachTime) {
  EngineOptions options;
  options.fuel = FuelMode::kOn;
  const auto engine = make_engine(options);
  const std::string text = component(
      R"((func (export "f") (param i32) (loop $l
          (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))))",
      R"((func (export "f") (param "n" u32) (canon lift (core func $m "f"))))");
  InstanceLimits limits;
  limits.fuel = 10'000;
  Guest guest(text, *engine);
  ASSERT_EQ(guest.open(limits), "");
  EXPECT_EQ(guest.call("f", {"100"}), "-");
  const std::uint64_t used = guest.instance->fuel_used().value();
  EXPECT_GT(used, 100u);
  EXPECT_EQ(guest.call("f", {"100"}), "-");
  EXPECT_EQ(guest.instance->fuel_used(), used);
  EXPECT_EQ(guest.call("f", {"100000"}), "trap fuel: all fuel is used up");
  EXPECT_EQ(guest.instance->fuel_used(), 10'000u);
  EXPECT_EQ(Guest(text).open(limits), "a fuel limit needs an engine with fuel on");
}

}  // namespace
}  // namespace theater::wasm
