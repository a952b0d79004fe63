// An export call lowers its arguments, runs, lifts its result and calls post-return; imports answer
// in between; nothing else of the instance changes.
#include "wasm/testing/guest_kit.h"

namespace theater::wasm {
namespace {

using testing::from_wat;
using testing::Guest;

std::string echo_component() {
  return std::string("(component ") + std::string(testing::kAllocator) + R"(
    (import "test:host/log" (instance $host
      (export "ping" (func (param "b" (list u8)) (result (list u8))))
      (export "unused" (func (param "n" u32)))))
    (alias export $host "ping" (func $ping))
    (core func $ping_l (canon lower (func $ping)
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
      (import "libc" "memory" (memory 1))
      (import "libc" "reset" (func $reset))
      (import "h" "ping" (func $ping (param i32 i32 i32)))
      (global $posts (mut i32) (i32.const 0))
      (func $pair (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
        (i32.const 16))
      (func (export "through") (param i32 i32) (result i32)
        (call $ping (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
      (func (export "post") (param i32)
        (global.set $posts (i32.add (global.get $posts) (i32.const 1))) (call $reset))
      (func (export "posts") (result i32) (global.get $posts))
      (func (export "nop"))
      (func (export "add") (param i32 i64) (result i64)
        (i64.add (i64.extend_i32_u (local.get 0)) (local.get 1))))
    (core instance $m (instantiate $m
      (with "libc" (instance $libc)) (with "h" (instance (export "ping" (func $ping_l))))))
    (func (export "echo") (param "b" (list u8)) (result (list u8)) (canon lift (core func $m "echo")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))
      (post-return (core func $m "post"))))
    (func (export "echo-text") (param "s" string) (result string) (canon lift (core func $m "echo")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))
      (post-return (core func $m "post"))))
    (func $through (param "b" (list u8)) (result (list u8)) (canon lift (core func $m "through")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))
      (post-return (core func $m "post"))))
    (instance $api (export "through" (func $through)))
    (export "test:guest/api" (instance $api))
    (func (export "posts") (result u32) (canon lift (core func $m "posts")))
    (func (export "nop") (canon lift (core func $m "nop")))
    (func (export "add") (param "a" u32) (param "b" u64) (result u64)
      (canon lift (core func $m "add"))))
  )";
}

TEST(Instance, ListsImportsAndExportsByInterface) {
  Guest guest(echo_component());
  ASSERT_NE(guest.component, nullptr) << guest.error.message;
  ASSERT_EQ(guest.component->imports().size(), 2u);
  EXPECT_EQ(guest.component->imports()[0].name, "test:host/log#ping");
  EXPECT_EQ(guest.component->imports()[1].name, "test:host/log#unused");
  EXPECT_EQ(to_wit(guest.component->imports()[0].type), "func(b: list<u8>) -> list<u8>");
  EXPECT_TRUE(guest.component->find_export("test:guest/api#through").has_value());
  EXPECT_FALSE(guest.component->find_export("through").has_value());
}

TEST(Instance, EchoesAndCallsPostReturnOnce) {
  Guest guest(echo_component());
  EXPECT_EQ(guest.call("echo", {"[1, 2, 255]"}), "b\"\\x01\\x02\\xff\"");
  EXPECT_EQ(guest.call("echo-text", {"\"grüße\""}), "\"grüße\"");
  EXPECT_EQ(guest.call("echo", {"[]"}), "b\"\"");
  EXPECT_EQ(guest.call("nop"), "-");
  EXPECT_EQ(guest.call("add", {"4294967295", "5"}), "4294967300");
  EXPECT_EQ(guest.call("posts"), "3");
}

TEST(Instance, AnImportAnswersWithinTheCall) {
  Guest guest(echo_component());
  guest.imports.functions["test:host/log#ping"] = [](const std::vector<Value>& arguments) {
    Bytes bytes = *arguments[0].as<Bytes>();
    bytes.push_back(7);
    return testing::ScriptedImports::Answer{ImportOutcome::kReturn, Value(bytes), ""};
  };
  EXPECT_EQ(guest.call("test:guest/api#through", {"[1, 2]"}), "b\"\\x01\\x02\\x07\"");
  EXPECT_EQ(guest.call("posts"), "1");
}

}  // namespace
}  // namespace theater::wasm
