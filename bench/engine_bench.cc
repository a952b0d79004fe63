// Guest calls: whole echo of a byte list, a host call within, instantiation. Run it from a release
// build; `--benchmark_filter=echo` narrows it.
#include <benchmark/benchmark.h>
#include <wasmtime.h>

#include "wasm/binary_writer.h"
#include "wasm/instance.h"

namespace theater::wasm {
namespace {

constexpr std::string_view kGuest = R"((component
  (import "bench:host/ping" (instance $host
    (export "ping" (func (param "b" (list u8)) (result (list u8))))))
  (alias export $host "ping" (func $ping))
  (core module $libc
    (memory (export "memory") 40)
    (global $p (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $r i32)
      (local.set $r (global.get $p))
      (global.set $p (i32.and (i32.const -8)
        (i32.add (i32.const 7) (i32.add (local.get $r) (local.get 3)))))
      (local.get $r))
    (func (export "reset") (global.set $p (i32.const 1024))))
  (core instance $libc (instantiate $libc))
  (core func $ping (canon lower (func $ping)
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "libc" "reset" (func $reset))
    (import "h" "ping" (func $ping (param i32 i32 i32)))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "nop"))
    (func (export "pings") (param $n i32) (param $size i32)
      (loop $l
        (call $reset)
        (call $ping (i32.const 4096) (local.get $size) (i32.const 16))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $l (local.get $n))))
    (func (export "post") (param i32) (call $reset)))
  (core instance $m (instantiate $m
    (with "libc" (instance $libc)) (with "h" (instance (export "ping" (func $ping))))))
  (func (export "echo") (param "b" (list u8)) (result (list u8)) (canon lift (core func $m "echo")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))
    (post-return (core func $m "post"))))
  (func (export "pings") (param "n" u32) (param "size" u32) (canon lift (core func $m "pings")))
  (func (export "nop") (canon lift (core func $m "nop")))))";

struct Pong final : ImportHandler {
  ImportOutcome call_import(std::size_t, ByteSpan arguments, Bytes& result) override {
    result.assign(arguments.begin(), arguments.end());
    return ImportOutcome::kReturn;
  }
};

/// The component, linked once for all benchmarks.
struct Setup {
  Setup() {
    engine = Engine::create({}).value();
    wasm_byte_vec_t bytes;
    wasmtime_wat2wasm(kGuest.data(), kGuest.size(), &bytes);
    const ByteSpan wasm(reinterpret_cast<const std::uint8_t*>(bytes.data), bytes.size);
    const auto component = Component::load(*engine, wasm, "").value();
    const ImportMode mode = ImportMode::kMaySuspend;
    linked = LinkedComponent::link(component, {&mode, 1}).value();
    wasm_byte_vec_delete(&bytes);
  }
  std::size_t find(std::string_view name) { return *linked->component().find_export(name); }

  std::unique_ptr<Engine> engine;
  std::shared_ptr<const LinkedComponent> linked;
  Pong pong;
};

Setup& setup() {
  static Setup made;
  return made;
}

void call(Instance& instance, std::size_t index, ByteSpan arguments) {
  instance.start(index, {&arguments, 1});
  while (instance.poll() != CallState::kDone) {
  }
  benchmark::DoNotOptimize(instance.take_result().value());
}

void nop(benchmark::State& state) {
  const auto instance = Instance::create(setup().linked, {}, setup().pong).value();
  const std::size_t index = setup().find("nop");
  for (auto _ : state) call(*instance, index, {});
}
BENCHMARK(nop);

void echo(benchmark::State& state) {
  const auto instance = Instance::create(setup().linked, {}, setup().pong).value();
  const std::size_t index = setup().find("echo");
  Bytes arguments;
  BinaryWriter(arguments).bytes(Bytes(static_cast<std::size_t>(state.range(0)), 7));
  for (auto _ : state) call(*instance, index, arguments);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(echo)->Arg(0)->Arg(64)->Arg(1024)->Arg(65536)->Arg(1 << 20);

void host_call(benchmark::State& state) {
  const auto instance = Instance::create(setup().linked, {}, setup().pong).value();
  const std::size_t index = setup().find("pings");
  constexpr std::uint64_t kCalls = 1000;
  Bytes arguments;
  BinaryWriter writer(arguments);
  writer.unsigned_number(kCalls);
  writer.unsigned_number(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) call(*instance, index, arguments);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCalls));
}
BENCHMARK(host_call)->Arg(0)->Arg(64)->Arg(1024)->Arg(65536);

void instantiate(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Instance::create(setup().linked, {}, setup().pong).value());
  }
}
BENCHMARK(instantiate);

void instantiate_and_echo(benchmark::State& state) {
  const std::size_t index = setup().find("echo");
  Bytes arguments;
  BinaryWriter(arguments).bytes(Bytes(64, 7));
  for (auto _ : state) {
    const auto instance = Instance::create(setup().linked, {}, setup().pong).value();
    call(*instance, index, arguments);
  }
}
BENCHMARK(instantiate_and_echo);

}  // namespace
}  // namespace theater::wasm

BENCHMARK_MAIN();
