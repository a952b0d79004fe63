// Handles are typed, owned once, lent for a call at most, and dropped once; what breaks that traps.
#include "wasm/testing/guest_kit.h"

namespace theater::wasm {
namespace {

using testing::Guest;
using Answer = testing::ScriptedImports::Answer;

Answer handle(std::uint64_t id) { return {ImportOutcome::kReturn, Value(Value::Handle{id}), ""}; }

/// A guest of a host resource: opens, reads, passes on and drops files.
constexpr std::string_view kHostFiles = R"((component
  (import "test:host/files" (instance $files
    (export "file" (type $file (sub resource)))
    (export "other" (type $other (sub resource)))
    (export "open" (func (result (own $file))))
    (export "read" (func (param "f" (borrow $file)) (result u32)))
    (export "close" (func (param "f" (own $file))))
    (export "read-twice" (func (param "f" (borrow $file)) (param "g" (own $file))))))
  (alias export $files "file" (type $file))
  (alias export $files "other" (type $other))
  (core func $open (canon lower (func $files "open")))
  (core func $read (canon lower (func $files "read")))
  (core func $close (canon lower (func $files "close")))
  (core func $read-twice (canon lower (func $files "read-twice")))
  (core func $drop (canon resource.drop $file))
  (core func $drop-other (canon resource.drop $other))
  (core module $m
    (import "h" "open" (func $open (result i32)))
    (import "h" "read" (func $read (param i32) (result i32)))
    (import "h" "close" (func $close (param i32)))
    (import "h" "read-twice" (func $read-twice (param i32 i32)))
    (import "h" "drop" (func $drop (param i32)))
    (import "h" "drop-other" (func $drop-other (param i32)))
    (func (export "use") (result i32) (local $f i32) (local $r i32)
      (local.set $f (call $open)) (local.set $r (call $read (local.get $f)))
      (call $drop (local.get $f)) (local.get $r))
    (func (export "open") (result i32) (call $open))
    (func (export "read") (param i32) (result i32) (call $read (local.get 0)))
    (func (export "drop") (param i32) (call $drop (local.get 0)))
    (func (export "drop-other") (param i32) (call $drop-other (local.get 0)))
    (func (export "close") (param i32) (call $close (local.get 0)))
    (func (export "both") (param i32) (call $read-twice (local.get 0) (local.get 0)))
    (func (export "take") (param i32) (result i32) (local.get 0))
    (func (export "look") (param i32))
    (func (export "look-and-drop") (param i32) (call $drop (local.get 0))))
  (core instance $m (instantiate $m (with "h" (instance
    (export "open" (func $open)) (export "read" (func $read)) (export "close" (func $close))
    (export "read-twice" (func $read-twice))
    (export "drop" (func $drop)) (export "drop-other" (func $drop-other))))))
  (func (export "use") (result u32) (canon lift (core func $m "use")))
  (func (export "open") (result u32) (canon lift (core func $m "open")))
  (func (export "read") (param "h" u32) (result u32) (canon lift (core func $m "read")))
  (func (export "drop") (param "h" u32) (canon lift (core func $m "drop")))
  (func (export "drop-other") (param "h" u32) (canon lift (core func $m "drop-other")))
  (func (export "close") (param "h" u32) (canon lift (core func $m "close")))
  (func (export "both") (param "h" u32) (canon lift (core func $m "both")))
  (func (export "take") (param "f" (own $file)) (result (own $file))
    (canon lift (core func $m "take")))
  (func (export "look") (param "f" (borrow $file)) (canon lift (core func $m "look")))
  (func (export "look-and-drop") (param "f" (borrow $file))
    (canon lift (core func $m "look-and-drop")))
))";

struct HostFiles : Guest {
  HostFiles() : Guest(kHostFiles) {
    imports.functions["test:host/files#open"] = [this](const auto&) { return handle(++opened); };
    imports.functions["test:host/files#read"] = [](const std::vector<Value>& arguments) {
      const std::uint64_t id = arguments[0].as<Value::Handle>()->id;
      return Answer{ImportOutcome::kReturn, Value(static_cast<std::uint32_t>(id * 10)), ""};
    };
    imports.functions["test:host/files#close"] = [this](const std::vector<Value>& arguments) {
      closed.push_back(arguments[0].as<Value::Handle>()->id);
      return Answer{};
    };
  }
  std::uint64_t opened = 1ull << 40;  // representations of the host may have 64 bits
  std::vector<std::uint64_t> closed;
};

TEST(Resources, AHostResourceIsOpenedReadAndDropped) {
  HostFiles guest;
  guest.opened = 4;
  ASSERT_NE(guest.component, nullptr) << guest.error.message;
  EXPECT_EQ(guest.component->resources()[0].name, "test:host/files#file");
  EXPECT_EQ(to_wit(guest.component->imports()[1].type), "func(f: borrow<file>) -> u32");
  EXPECT_EQ(guest.call("use"), "50");
  using Drops = std::vector<std::pair<std::size_t, std::uint64_t>>;
  EXPECT_EQ(guest.imports.dropped, (Drops{{0, 5}}));
  EXPECT_EQ(guest.call("open"), "1");
  EXPECT_EQ(guest.call("open"), "2");
  EXPECT_EQ(guest.call("close", {"1"}), "-");
  EXPECT_EQ(guest.closed, std::vector<std::uint64_t>{6});
  guest.instance.reset();
  EXPECT_EQ(guest.imports.dropped, (Drops{{0, 5}, {0, 7}})) << "the end drops what is still owned";
}

TEST(Resources, HandlesCrossExports) {
  HostFiles guest;
  EXPECT_EQ(guest.call("take", {"#1099511627777"}), "#1099511627777");
  EXPECT_EQ(guest.call("look-and-drop", {"#3"}), "-");
  EXPECT_TRUE(guest.imports.dropped.empty()) << "a borrow's end is not the resource's";
  EXPECT_EQ(guest.call("look", {"#3"}),
            "trap resource: borrow handles still remain at the end of the call");
}

TEST(Resources, WrongHandlesTrap) {
  const auto after_open = [](std::string_view function, const std::string& argument) {
    HostFiles guest;
    EXPECT_EQ(guest.call("open"), "1");
    return guest.call(function, {argument});
  };
  EXPECT_EQ(after_open("drop", "2"), "trap resource: unknown handle index 2");
  EXPECT_EQ(after_open("drop", "0"), "trap resource: unknown handle index 0");
  EXPECT_EQ(after_open("read", "4294967295"), "trap resource: unknown handle index 4294967295");
  EXPECT_EQ(after_open("drop-other", "1"),
            "trap resource: handle index 1 is of another resource type");
  EXPECT_EQ(after_open("both", "1"), "trap resource: handle index 1 is given up while it is lent");
  HostFiles guest;
  EXPECT_EQ(guest.call("open"), "1");
  EXPECT_EQ(guest.call("drop", {"1"}), "-");
  EXPECT_EQ(guest.call("drop", {"1"}), "trap resource: unknown handle index 1");
}

TEST(Resources, HandlesAreReused) {
  HostFiles guest;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(guest.call("open"), "1");
    EXPECT_EQ(guest.call("open"), "2");
    EXPECT_EQ(guest.call("drop", {"2"}), "-");
    EXPECT_EQ(guest.call("drop", {"1"}), "-");
  }
}

/// A guest that defines a resource: counters, with a destructor that adds to a sum.
constexpr std::string_view kCounters = R"((component
  (core module $d
    (global $sum (mut i32) (i32.const 0))
    (func (export "dtor") (param i32)
      (global.set $sum (i32.add (global.get $sum) (local.get 0))))
    (func (export "sum") (result i32) (global.get $sum)))
  (core instance $d (instantiate $d))
  (type $counter' (resource (rep i32) (dtor (core func $d "dtor"))))
  (export $counter "counter" (type $counter'))
  (core func $new (canon resource.new $counter'))
  (core func $rep (canon resource.rep $counter'))
  (core module $m
    (import "c" "new" (func $new (param i32) (result i32)))
    (import "c" "rep" (func $rep (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "value") (param i32) (result i32) (local.get 0))
    (func (export "consume") (param i32) (result i32) (call $rep (local.get 0))))
  (core instance $m (instantiate $m (with "c" (instance
    (export "new" (func $new)) (export "rep" (func $rep))))))
  (func (export "make") (param "v" u32) (result (own $counter))
    (canon lift (core func $m "make")))
  (func (export "value") (param "c" (borrow $counter)) (result u32)
    (canon lift (core func $m "value")))
  (func (export "consume") (param "c" (own $counter)) (result u32)
    (canon lift (core func $m "consume")))
  (func (export "sum") (result u32) (canon lift (core func $d "sum")))
))";

TEST(Resources, TheHostHoldsGuestResources) {
  Guest guest(kCounters);
  ASSERT_NE(guest.component, nullptr) << guest.error.message;
  EXPECT_EQ(guest.component->resources()[0].name, "counter");
  EXPECT_EQ(guest.call("make", {"40"}), "#1");
  EXPECT_EQ(guest.call("make", {"2"}), "#2");
  EXPECT_EQ(guest.call("value", {"#1"}), "40") << "its definer sees the representation";
  guest.instance->start_drop(1);
  EXPECT_EQ(guest.instance->poll(), CallState::kDone);
  EXPECT_TRUE(guest.instance->take_result().has_value());
  EXPECT_EQ(guest.call("sum"), "40");
  EXPECT_EQ(guest.call("consume", {"#2"}), "2");
  EXPECT_EQ(guest.call("sum"), "40") << "what the guest owns it has not dropped";
  EXPECT_EQ(guest.call("value", {"#1"}), "trap resource: unknown handle index 1");
}

}  // namespace
}  // namespace theater::wasm
