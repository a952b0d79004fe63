// Components within a component call each other through fused adapters: text is transcoded between
// any two encodings, values copied, handles transferred, and both sides' rules hold.
#include "wasm/testing/guest_kit.h"

namespace theater::wasm {
namespace {

using testing::Guest;

/// Two components: the inner one returns the text it was given, the outer one passes on what the
/// host gave it. Each has a memory of its own and its own encoding.
std::string text_through(std::string_view outer, std::string_view inner) {
  constexpr std::string_view kMemory = R"(
    (core module $libc (memory (export "memory") 2)
      (global $p (mut i32) (i32.const 1024))
      (func (export "realloc") (param $old i32) (param $size i32) (param $align i32)
          (param $new i32) (result i32) (local $r i32)
        (if (i32.and (i32.ne (local.get $old) (i32.const 0))
              (i32.le_u (local.get $new) (local.get $size)))
          (then (return (local.get $old))))
        (local.set $r (i32.and (i32.const -8) (i32.add (i32.const 7) (global.get $p))))
        (global.set $p (i32.add (local.get $r) (local.get $new)))
        (memory.copy (local.get $r) (local.get $old) (local.get $size))
        (local.get $r))
      (func (export "reset") (param i32) (global.set $p (i32.const 1024))))
    (core instance $libc (instantiate $libc)))";
  return fmt::format(R"((component
  (component $inner {0}
    (core module $m (import "libc" "memory" (memory 1))
      (func (export "same") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
        (i32.const 16)))
    (core instance $m (instantiate $m (with "libc" (instance $libc))))
    (func (export "same") (param "s" string) (result string) (canon lift (core func $m "same")
      string-encoding={2} (memory (core memory $libc "memory"))
      (realloc (core func $libc "realloc")) (post-return (core func $libc "reset")))))
  (component $outer {0}
    (import "same" (func $same (param "s" string) (result string)))
    (core func $same (canon lower (func $same) string-encoding={1}
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m (import "libc" "memory" (memory 1))
      (import "h" "same" (func $same (param i32 i32 i32)))
      (func (export "f") (param i32 i32) (result i32)
        (call $same (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16)))
    (core instance $m (instantiate $m (with "libc" (instance $libc))
      (with "h" (instance (export "same" (func $same))))))
    (func (export "f") (param "s" string) (result string) (canon lift (core func $m "f")
      string-encoding={1} (memory (core memory $libc "memory"))
      (realloc (core func $libc "realloc")) (post-return (core func $libc "reset")))))
  (instance $i (instantiate $inner))
  (instance $o (instantiate $outer (with "same" (func $i "same"))))
  (export "f" (func $o "f"))))",
                     kMemory, outer, inner);
}

constexpr std::string_view kEncodings[] = {"utf8", "utf16", "latin1+utf16"};

TEST(Composed, TextIsTranscodedBetweenAllEncodings) {
  std::string long_ascii(3000, 'x');
  const std::vector<std::string> texts = {"",
                                          "plain",
                                          "gr\u00fc\u00dfe \u00ff",
                                          "\u0100 beyond latin1",
                                          "\u4e16\u754c",
                                          "mixed \u00e9 then \u4e16 and \U0001f3ad",
                                          "\U0001f3ad",
                                          long_ascii,
                                          long_ascii + "\u00e9",
                                          long_ascii + "\u4e16" + long_ascii};
  for (const std::string_view outer : kEncodings) {
    for (const std::string_view inner : kEncodings) {
      Guest guest(text_through(outer, inner));
      ASSERT_NE(guest.component, nullptr) << guest.error.message;
      for (const std::string& text : texts) {
        const std::string wave = "\"" + text + "\"";
        EXPECT_EQ(guest.call("f", {wave}), wave) << outer << " to " << inner;
      }
    }
  }
}

TEST(Composed, BadTextTrapsInTheAdapter) {
  // The outer component passes bytes of its own memory that are no text in its encoding.
  for (const std::string_view inner : kEncodings) {
    for (const auto& [encoding, units] : {std::pair{"utf8", 2}, std::pair{"utf16", 1}}) {
      std::string text = text_through(encoding, inner);
      const std::string call = "(call $same (local.get 0) (local.get 1) (i32.const 16))";
      const std::string bad = fmt::format(
          "(i32.store (i32.const 64) (i32.const 0xd800dbff)) (call $same (i32.const 64) "
          "(i32.const {}) (i32.const 16))",
          units);
      text.replace(text.find(call), call.size(), bad);
      Guest guest(text);
      ASSERT_NE(guest.component, nullptr) << guest.error.message;
      EXPECT_EQ(guest.call("f", {"\"x\""}).substr(0, 8), "trap abi") << encoding << " " << inner;
    }
  }
}

TEST(Composed, TextOutsideMemoryTrapsInTheAdapter) {
  std::string text = text_through("utf8", "utf16");
  const std::string call = "(call $same (local.get 0) (local.get 1) (i32.const 16))";
  text.replace(text.find(call), call.size(),
               "(call $same (i32.const 131000) (i32.const 100) (i32.const 16))");
  Guest guest(text);
  EXPECT_EQ(guest.call("f", {"\"x\""}), "trap abi: string content out of bounds");
}

/// A provider of counters (a guest resource), a user of them, and the host calling the user.
std::string counters(std::string_view user_body) {
  return fmt::format(R"((component
  (component $provider
    (core module $d (global $live (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        (global.set $live (i32.sub (global.get $live) (i32.const 1))))
      (func (export "count") (global.set $live (i32.add (global.get $live) (i32.const 1))))
      (func (export "live") (result i32) (global.get $live)))
    (core instance $d (instantiate $d))
    (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $r "counter" (type $r'))
    (core func $new (canon resource.new $r'))
    (core func $drop (canon resource.drop $r'))
    (core module $m
      (import "c" "new" (func $new (param i32) (result i32)))
      (import "c" "drop" (func $drop (param i32)))
      (import "d" "count" (func $count))
      (func (export "make") (param i32) (result i32) (call $count) (call $new (local.get 0)))
      (func (export "value") (param i32) (result i32) (local.get 0))
      (func (export "consume") (param i32) (call $drop (local.get 0))))
    (core instance $m (instantiate $m (with "d" (instance $d)) (with "c" (instance
      (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "make") (param "v" u32) (result (own $r)) (canon lift (core func $m "make")))
    (func (export "value") (param "c" (borrow $r)) (result u32) (canon lift (core func $m "value")))
    (func (export "consume") (param "c" (own $r)) (canon lift (core func $m "consume")))
    (func (export "live") (result u32) (canon lift (core func $d "live"))))
  (component $user
    (import "p" (instance $p
      (export "counter" (type $r (sub resource)))
      (export "make" (func (param "v" u32) (result (own $r))))
      (export "value" (func (param "c" (borrow $r)) (result u32)))
      (export "consume" (func (param "c" (own $r))))))
    (alias export $p "counter" (type $r))
    (core func $make (canon lower (func $p "make")))
    (core func $value (canon lower (func $p "value")))
    (core func $consume (canon lower (func $p "consume")))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "p" "make" (func $make (param i32) (result i32)))
      (import "p" "value" (func $value (param i32) (result i32)))
      (import "p" "consume" (func $consume (param i32)))
      (import "p" "drop" (func $drop (param i32)))
      (func (export "f") (result i32) (local $c i32) {}))
    (core instance $m (instantiate $m (with "p" (instance
      (export "make" (func $make)) (export "value" (func $value))
      (export "consume" (func $consume)) (export "drop" (func $drop))))))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (instance $p (instantiate $provider))
  (instance $u (instantiate $user (with "p" (instance $p))))
  (export "f" (func $u "f"))
  (export "live" (func $p "live"))))",
                     user_body);
}

TEST(Composed, HandlesAreTransferredAndDropped) {
  Guest guest(counters(R"((local.set $c (call $make (i32.const 41)))
      (call $drop (call $make (i32.const 1)))
      (i32.add (call $value (local.get $c)) (i32.const 1)))"));
  ASSERT_NE(guest.component, nullptr) << guest.error.message;
  EXPECT_EQ(guest.call("f"), "42");
  EXPECT_EQ(guest.call("live"), "1");
  EXPECT_EQ(guest.call("f"), "42");
  EXPECT_EQ(guest.call("live"), "2");
}

TEST(Composed, AnOwnedHandleMovesAway) {
  Guest guest(counters(R"((local.set $c (call $make (i32.const 41)))
      (call $consume (local.get $c)) (call $value (local.get $c)))"));
  EXPECT_EQ(guest.call("f"), "trap resource: unknown handle index 1");
  Guest once(counters(R"((call $consume (call $make (i32.const 41))) (i32.const 5))"));
  EXPECT_EQ(once.call("f"), "5");
  EXPECT_EQ(once.call("live"), "0");
}

/// The middle component is given a borrow of the outer's counter and may not keep it.
std::string lender(std::string_view middle_body) {
  return fmt::format(R"((component
  (component $provider
    (type $r' (resource (rep i32)))
    (export $r "counter" (type $r'))
    (core func $new (canon resource.new $r'))
    (core module $m (import "c" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 9)))
      (func (export "value") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $m (with "c" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $m "make")))
    (func (export "value") (param "c" (borrow $r)) (result u32)
      (canon lift (core func $m "value"))))
  (component $middle
    (import "p" (instance $p (export "counter" (type $r (sub resource)))
      (export "value" (func (param "c" (borrow $r)) (result u32)))))
    (alias export $p "counter" (type $r))
    (core func $value (canon lower (func $p "value")))
    (core func $drop (canon resource.drop $r))
    (core module $m (import "p" "value" (func $value (param i32) (result i32)))
      (import "p" "drop" (func $drop (param i32)))
      (func (export "look") (param i32) (result i32) (local $v i32) {}))
    (core instance $m (instantiate $m (with "p" (instance
      (export "value" (func $value)) (export "drop" (func $drop))))))
    (func (export "look") (param "c" (borrow $r)) (result u32) (canon lift (core func $m "look"))))
  (component $user
    (import "p" (instance $p (export "counter" (type $r (sub resource)))
      (export "make" (func (result (own $r))))))
    (alias export $p "counter" (type $r))
    (import "look" (func $look (param "c" (borrow $r)) (result u32)))
    (core func $make (canon lower (func $p "make")))
    (core func $look (canon lower (func $look)))
    (core func $drop (canon resource.drop $r))
    (core module $m (import "p" "make" (func $make (result i32)))
      (import "p" "look" (func $look (param i32) (result i32)))
      (import "p" "drop" (func $drop (param i32)))
      (func (export "f") (result i32) (local $c i32) (local $v i32)
        (local.set $c (call $make)) (local.set $v (call $look (local.get $c)))
        (call $drop (local.get $c)) (local.get $v)))
    (core instance $m (instantiate $m (with "p" (instance
      (export "make" (func $make)) (export "look" (func $look)) (export "drop" (func $drop))))))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (instance $p (instantiate $provider))
  (instance $mid (instantiate $middle (with "p" (instance $p))))
  (instance $u (instantiate $user (with "p" (instance $p)) (with "look" (func $mid "look"))))
  (export "f" (func $u "f"))))",
                     middle_body);
}

TEST(Composed, BorrowsEndWithTheCall) {
  Guest good(lender(R"((local.set $v (call $value (local.get 0))) (call $drop (local.get 0))
      (local.get $v))"));
  ASSERT_NE(good.component, nullptr) << good.error.message;
  EXPECT_EQ(good.call("f"), "9");
  EXPECT_EQ(good.call("f"), "9");
  Guest keeps(lender("(call $value (local.get 0))"));
  EXPECT_EQ(keeps.call("f"), "trap resource: borrow handles still remain at the end of the call");
}

TEST(Composed, AComponentMustNotCallItself) {
  // A parent lowers a function that its own child instance lifts: the specification traps that.
  Guest guest(R"((component
    (component $child
      (core module $m (func (export "f") (result i32) (i32.const 1)))
      (core instance $m (instantiate $m))
      (func (export "f") (result u32) (canon lift (core func $m "f"))))
    (instance $c (instantiate $child))
    (core func $f (canon lower (func $c "f")))
    (core module $m (import "c" "f" (func $f (result i32)))
      (func (export "g") (result i32) (call $f)))
    (core instance $m (instantiate $m (with "c" (instance (export "f" (func $f))))))
    (func (export "g") (result u32) (canon lift (core func $m "g")))))");
  ASSERT_NE(guest.component, nullptr) << guest.error.message;
  EXPECT_EQ(guest.call("g"), "trap reentrance: cannot enter component instance");
}

TEST(Composed, AnInnerPostReturnMustNotLeave) {
  Guest guest(R"((component
    (component $inner
      (import "say" (func $say))
      (core func $say (canon lower (func $say)))
      (core module $m (import "h" "say" (func $say))
        (func (export "f") (result i32) (i32.const 1))
        (func (export "post") (param i32) (call $say)))
      (core instance $m (instantiate $m (with "h" (instance (export "say" (func $say))))))
      (func (export "f") (result u32) (canon lift (core func $m "f")
        (post-return (core func $m "post")))))
    (component $outer
      (import "f" (func $f (result u32)))
      (core func $f (canon lower (func $f)))
      (core module $m (import "h" "f" (func $f (result i32)))
        (func (export "g") (result i32) (call $f)))
      (core instance $m (instantiate $m (with "h" (instance (export "f" (func $f))))))
      (func (export "g") (result u32) (canon lift (core func $m "g"))))
    (import "say" (func $say))
    (instance $i (instantiate $inner (with "say" (func $say))))
    (instance $o (instantiate $outer (with "f" (func $i "f"))))
    (export "g" (func $o "g"))))");
  ASSERT_NE(guest.component, nullptr) << guest.error.message;
  int said = 0;
  guest.imports.functions["say"] = [&](const auto&) {
    ++said;
    return testing::ScriptedImports::Answer{};
  };
  const std::string outcome = guest.call("g");
  EXPECT_TRUE(outcome == "1" || outcome == "trap reentrance: cannot leave component instance")
      << outcome;
}

}  // namespace
}  // namespace theater::wasm
