// Shards share an engine, a component and its link; each has instances of its own, at one time.
#include <thread>

#include "wasm/testing/guest_kit.h"

namespace theater::wasm {
namespace {

TEST(Threads, ShardsShareALink) {
  EngineOptions options;
  options.allocation = Allocation::kOnDemand;
  options.slice = Milliseconds(1);
  const auto engine = Engine::create(options).value();
  testing::Guest guest(R"((component
    (import "next" (func $next (param "n" u32) (result u32)))
    (core func $next (canon lower (func $next)))
    (core module $m (import "h" "next" (func $next (param i32) (result i32)))
      (func (export "f") (param $n i32) (result i32) (local $i i32)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 20000))))
        (call $next (local.get $n))))
    (core instance $m (instantiate $m (with "h" (instance (export "next" (func $next))))))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f")))))",
                       *engine);
  struct Successor final : ImportHandler {
    ImportOutcome call_import(std::size_t, ByteSpan arguments, Bytes& result) override {
      result.push_back(static_cast<std::uint8_t>(arguments[0] + 1));
      return ImportOutcome::kReturn;
    }
  };
  const auto shard = [&] {
    Successor handler;
    for (std::uint8_t number = 0; number < 100; ++number) {
      const auto instance = Instance::create(guest.linked, {}, handler).value();
      const ByteSpan piece(&number, 1);
      instance->start(0, {&piece, 1});
      while (instance->poll() != CallState::kDone) {
      }
      EXPECT_EQ(instance->take_result(), Bytes{static_cast<std::uint8_t>(number + 1)});
    }
  };
  std::vector<std::thread> shards;
  for (int i = 0; i < 4; ++i) shards.emplace_back(shard);
  for (std::thread& thread : shards) thread.join();
}

}  // namespace
}  // namespace theater::wasm
