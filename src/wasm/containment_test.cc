// A component that is made to exhaust its host is refused or trapped: stacks that nest, handles and
// memories of many tables and modules, instances without end, types that print without end.
#include "wasm/engine_limits.h"
#include "wasm/leb128.h"
#include "wasm/testing/guest_kit.h"
#include "wasm/value_limits.h"

namespace theater::wasm {
namespace {

using testing::from_wat;
using testing::Guest;
using testing::shared_engine;

std::string load(std::string_view text) {
  const auto component = Component::load(shared_engine(), from_wat(text), "");
  return component ? "loaded" : fmt::format("{}", component.error().message);
}

std::string repeated(std::size_t times, std::string_view pattern) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) {
    text += fmt::format(fmt::runtime(pattern), fmt::arg("i", i), fmt::arg("last", i - 1));
  }
  return text;
}

/// A resource whose destructor recurses, then drops another: as many as `f` is told.
constexpr std::string_view kDestructors = R"((component
  (core module $shim (table (export "t") 1 funcref) (type $s (func (param i32)))
    (func (export "d") (param i32) (call_indirect (type $s) (local.get 0) (i32.const 0))))
  (core instance $shim (instantiate $shim))
  (type $r (resource (rep i32) (dtor (core func $shim "d"))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "h" "new" (func $new (param i32) (result i32)))
    (import "h" "drop" (func $drop (param i32)))
    (import "h" "t" (table $t 1 funcref))
    (func $burn (param $levels i32) (param $handle i32)
      (if (local.get $levels) (then
        (call $burn (i32.sub (local.get $levels) (i32.const 1)) (local.get $handle)) (return)))
      (call $drop (local.get $handle)))
    (func $destroy (param $left i32)
      (if (local.get $left) (then
        (call $burn (i32.const 9000) (call $new (i32.sub (local.get $left) (i32.const 1)))))))
    (elem (table $t) (i32.const 0) func $destroy)
    (func (export "f") (param i32) (call $destroy (local.get 0))))
  (core instance $m (instantiate $m (with "h" (instance
    (export "new" (func $new)) (export "drop" (func $drop)) (export "t" (table $shim "t"))))))
  (func (export "f") (param "n" u32) (canon lift (core func $m "f")))))";

TEST(Containment, DestructorsThatNestTrapBeforeTheFiberEnds) {
  for (const char* levels : {"3", "5", "1000"}) {
    Guest guest(kDestructors);
    ASSERT_EQ(guest.open(), "");
    EXPECT_EQ(guest.call("f", {levels}), "trap stack-overflow: call stack exhausted");
  }
  Guest guest(kDestructors);
  ASSERT_EQ(guest.open(), "");
  EXPECT_EQ(guest.call("f", {"2"}), "-");
  EXPECT_EQ(guest.call("f", {"2"}), "-") << "a call's entries end with it";
}

/// Handles of all tables count together: ten component instances, each with its own.
TEST(Containment, HandlesOfAllTablesHaveOneLimit) {
  const std::string text = R"((component
    (component $c
      (type $r (resource (rep i32)))
      (core func $new (canon resource.new $r))
      (core module $m (import "h" "new" (func $new (param i32) (result i32)))
        (func (export "f") (param $n i32)
          (loop $again (drop (call $new (i32.const 1)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
      (core instance $m (instantiate $m (with "h" (instance (export "new" (func $new))))))
      (func (export "f") (param "n" u32) (canon lift (core func $m "f"))))
    (instance $a (instantiate $c)) (instance $b (instantiate $c))
    (export "a" (func $a "f")) (export "b" (func $b "f"))))";
  Guest guest(text);
  ASSERT_EQ(guest.open(), "");
  EXPECT_EQ(guest.call("a", {"60000"}), "-");
  EXPECT_EQ(guest.call("b", {"40000"}), "-");
  EXPECT_EQ(guest.call("b", {"1"}),
            "trap resource: the instance holds 100000 resource handles, its maximum");
}

TEST(Containment, InstancesWithoutEndAreRefused) {
  const std::string module = "(core module $m)";
  const std::string most = repeated(kCoreInstancesMax, "(core instance (instantiate $m))");
  EXPECT_EQ(load("(component " + module + most + ")"), "loaded");
  EXPECT_EQ(load("(component " + module + most + "(core instance (instantiate $m)))"),
            "the component has 501 core instances, at most 500 are allowed");
  const std::string memories = repeated(9, "(memory (export \"m{i}\") 0)");
  EXPECT_EQ(load("(component (core module $m " + memories + ")" +
                 repeated(8, "(core instance (instantiate $m))") + ")"),
            "the component has 72 memories, at most 64 are allowed");
}

/// Few bytes that say "two hundred of those, of which each has two hundred".
TEST(Containment, InstancesOfInstancesWithoutEndAreRefused) {
  const auto level = [](const std::string& inner, int count) {
    std::string text = "(component $c " + inner;
    for (int i = 0; i < count; ++i) text += " (instance (instantiate $c))";
    return text + ")";
  };
  const std::string leaf = "(component $c)";
  EXPECT_EQ(load(level(level(leaf, 20), 20)), "loaded");
  EXPECT_EQ(load(level(level(level(leaf, 200), 200), 200)),
            "the component makes over 10000 instances, which Theater refuses");
}

/// Components in components, as bytes: the text format allows no more than a hundred either.
Bytes nested(std::size_t depth) {
  constexpr std::uint8_t kPreamble[] = {0, 'a', 's', 'm', 13, 0, 1, 0};
  constexpr std::uint8_t kComponentSection = 4;
  Bytes inner = to_bytes(kPreamble);
  for (; depth > 0; --depth) {
    Bytes outer = to_bytes(kPreamble);
    outer.push_back(kComponentSection);
    std::uint8_t size[10];
    append(outer, {size, write_unsigned(size, inner.size())});
    append(outer, inner);
    inner = std::move(outer);
  }
  return inner;
}

TEST(Containment, ComponentsNestedWithoutEndAreRefused) {
  EXPECT_TRUE(Component::load(shared_engine(), nested(90), ""));
  for (const std::size_t depth : {101, 20'000}) {
    const auto refused = Component::load(shared_engine(), nested(depth), "");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "the component nests components over 100 deep, which Theater refuses");
  }
}

/// A type of few parts that name each other is a tree of thousands when it is printed.
TEST(Containment, TypesThatPrintWithoutEndAreRefused) {
  std::string types = "(type $t (record (field \"" + std::string(1000, 'a') + "\" u8)))" +
                      R"((export $named "t" (type $t)))";
  for (const int level : {1, 2}) {
    types += fmt::format("(type $t{} (tuple", level);
    for (int i = 0; i < 100; ++i) types += level == 1 ? " $named" : " $t1";
    types += "))";
  }
  EXPECT_EQ(load("(component " + types + R"((core module $m (memory (export "m") 1)
                      (func (export "r") (param i32 i32 i32 i32) (result i32) (i32.const 0))
                      (func (export "f") (param i32)))
                    (core instance $m (instantiate $m))
                    (func (export "f") (param "p" $t2) (canon lift (core func $m "f")
                      (memory (core memory $m "m")) (realloc (core func $m "r"))))))"),
            "the types of the component's functions take over 4194304 bytes of WIT");
}

/// One byte may stand for an element that takes the host a hundred.
TEST(Containment, ListsOfMillionsOfElementsTrap) {
  const auto take = [](const char* count) {
    Guest guest(R"((component
      (import "take" (func $take (param "l" (list (option u32)))))
      (core module $memory (memory (export "m") 200))
      (core instance $memory (instantiate $memory))
      (core func $take (canon lower (func $take) (memory (core memory $memory "m"))))
      (core module $m (import "h" "take" (func $take (param i32 i32)))
        (func (export "f") (param i32) (call $take (i32.const 0) (local.get 0))))
      (core instance $m (instantiate $m (with "h" (instance (export "take" (func $take))))))
      (func (export "f") (param "n" u32) (canon lift (core func $m "f")))))");
    guest.imports.functions["take"] = [](const auto&) {
      return testing::ScriptedImports::Answer{};
    };
    EXPECT_EQ(guest.open(), "");
    return guest.call("f", {count});
  };
  EXPECT_EQ(take("1000000"), "-");
  EXPECT_EQ(take("1000001"), "trap abi: the values of one call are too large");
}

/// A guest that fills several memories and calls nobody is looked at when its slice ends.
TEST(Containment, MemoriesTogetherAreLookedAtWhenASliceEnds) {
  EngineOptions options;
  options.allocation = Allocation::kOnDemand;
  options.ticking = Ticking::kThread;
  const auto engine = Engine::create(options).value();
  Guest guest(R"((component
    (core module $a (memory (export "memory") 1))
    (core instance $a (instantiate $a))
    (core module $m (import "a" "memory" (memory $a 1)) (memory $b (export "memory") 1)
      (func (export "f")
        (drop (memory.grow $a (i32.const 5))) (drop (memory.grow $b (i32.const 5)))
        (loop $ever (br $ever))))
    (core instance $m (instantiate $m (with "a" (instance $a))))
    (func (export "f") (canon lift (core func $m "f")))))",
              *engine);
  InstanceLimits limits;
  limits.memory_bytes_max = 10 << 16;
  ASSERT_EQ(guest.open(limits), "");
  guest.start("f", {});
  while (guest.instance->poll() == CallState::kYielded) {
  }
  EXPECT_EQ(guest.result(), fmt::format("trap memory-limit: {}", kMemoriesTogetherText));
}

}  // namespace
}  // namespace theater::wasm
