// Speed of actors: recorded invocations of one actor on one shard, recorded host calls,
// activations, and the replay of what was recorded. Argument --dir=PATH: where.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "actor/actor.h"
#include "base/check.h"
#include "bench_family.h"
#include "io/asio_executor.h"
#include "io/manual_clock.h"
#include "io/posix_file.h"
#include "io/system_clock.h"
#include "replay/replay.h"
#include "store/node_store.h"
#include "wasm/wat.h"

namespace theater::bench {
namespace {

std::string bench_directory = "/tmp/theater-actor-bench";
constexpr std::size_t kEventBytes = 64;
constexpr std::size_t kStateBytes = 1024;

Bytes guest_wasm() {
  std::ifstream file(THEATER_BENCH_GUEST);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return wasm::wat_to_wasm(text).value();
}

wasm::Engine& engine() {
  static const auto made = wasm::Engine::create({}).value();
  return *made;
}

/// A node of one shard and one actor: this thread is the shard, another one writes the log.
class BenchNode {
 public:
  explicit BenchNode(std::size_t state_bytes) {
    std::filesystem::remove_all(bench_directory);
    store::NodeStoreOptions options;
    options.log.reserve = chain::Reserve::kNone;
    store = store::NodeStore::open(*files, bench_directory, options, clock, random).value();
    CHECK(store->components().put(wasm).has_value(), "the bench directory can be written");
    shard = std::make_unique<actor::Shard>(
        actor::ShardPorts{executor, clock, random, store->log(), {0}});
    log_thread = std::thread([this] { store->log().run(); });
    manifest.name = "bench";
    manifest.params = Bytes(state_bytes, 'x');
    manifest.grants.emplace_back().key = "probe";
    manifest.limits.idle = std::chrono::hours(1);
    auto component = wasm::Component::load(engine(), wasm, "").value();
    program = actor::Program::link(component, {set.infos(), {true}, "bench"}).value();
    actor = make_actor();
    wait();
  }
  std::unique_ptr<actor::Actor> make_actor() {
    return actor::Actor::create(*shard, {manifest, program, set}).value();
  }
  ~BenchNode() {
    actor->kill();
    store->log().request_stop();
    log_thread.join();
    actor.reset();
    CHECK(store->log().stop().has_value(), "the log stops");
    shard.reset();
    store.reset();
  }
  /// Delivers `count` events and waits until all is handled and durable.
  void deliver(std::uint64_t count) {
    feed.left = count;
    feed.port->events_ready();
    wait();
  }
  void wait() {
    while (feed.left > 0 || actor->status().head_lsn > store->log().durable() ||
           actor->status().phase == actor::Phase::kStarting) {
      if (executor.poll() == 0) std::this_thread::yield();
      const actor::ActorStatus status = actor->status();
      if (status.phase != actor::Phase::kFailed) continue;
      fmt::print(stderr, "the actor failed: {}\n", status.last_error);
      std::abort();
    }
  }

  std::unique_ptr<io::FileSystem> files = io::make_posix_file_system();
  io::SystemClock clock;
  io::SeededRandom random{1};
  io::AsioExecutor executor;
  Feed feed;
  BenchSet set{feed};
  Bytes wasm = guest_wasm();
  actor::Manifest manifest;
  std::shared_ptr<const actor::Program> program;
  std::unique_ptr<store::NodeStore> store;
  std::unique_ptr<actor::Shard> shard;
  std::unique_ptr<actor::Actor> actor;
  std::thread log_thread;
};

/// `range(0)`: the command, `range(1)`: events a batch, `range(2)`: bytes of state.
void invocations(benchmark::State& state) {
  constexpr std::uint64_t kCount = 200'000;
  BenchNode node(static_cast<std::size_t>(state.range(2)));
  node.feed.set(static_cast<char>(state.range(0)), kEventBytes);
  node.feed.batch = static_cast<std::size_t>(state.range(1));
  const std::uint64_t count = state.range(2) > 100'000 ? 2'000 : kCount;
  for (auto _ : state) node.deliver(count);
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
  CHECK(node.actor->status().failures == 0, "no invocation fails");
}
BENCHMARK(invocations)
    ->ArgNames({"command", "batch", "state"})
    ->Args({'k', 1, kStateBytes})
    ->Args({'c', 1, kStateBytes})
    ->Args({'e', 1, kStateBytes})
    ->Args({'r', 1, kStateBytes})
    ->Args({'e', 64, kStateBytes})
    ->Args({'r', 64, kStateBytes})
    ->Args({'c', 1, 1 << 20})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// An evicted actor's next invocation.
void reactivation(benchmark::State& state) {
  BenchNode node(kStateBytes);
  node.feed.set('c', kEventBytes);
  for (auto _ : state) {
    state.PauseTiming();
    node.actor->evict();
    state.ResumeTiming();
    node.feed.left = 1;
    node.feed.port->events_ready();
    while (node.feed.left > 0) node.executor.poll();
  }
}
BENCHMARK(reactivation)->Unit(benchmark::kMicrosecond)->Iterations(5000);

/// Bytes of memory that an idle, evicted actor with 64 bytes of state keeps.
void idle_actors(benchmark::State& state) {
  constexpr std::size_t kActors = 20'000;
  BenchNode node(64);
  std::vector<std::unique_ptr<actor::Actor>> actors;
  actors.reserve(kActors);
  const std::size_t before = mallinfo2().uordblks;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kActors; ++i) {
      actors.push_back(node.make_actor());
      while (actors.back()->status().phase == actor::Phase::kStarting) node.executor.poll();
      actors.back()->evict();
    }
    node.wait();
  }
  state.counters["bytes_per_actor"] = static_cast<double>(mallinfo2().uordblks - before) / kActors;
  for (auto& actor : actors) actor->kill();
}
BENCHMARK(idle_actors)->Unit(benchmark::kMillisecond)->Iterations(1);

void replay_events(benchmark::State& state) {
  {
    BenchNode node(kStateBytes);
    node.feed.set('e', kEventBytes);
    node.deliver(300'000);
  }
  const auto files = io::make_posix_file_system();
  Feed feed;
  BenchSet set(feed);
  std::uint64_t events = 0;
  for (auto _ : state) {
    const auto history =
        store::ActorHistory::open(*files, bench_directory, store::ActorHistory::Load::kSummaries);
    store::ComponentStore components(*files, store::NodeLayout{bench_directory}.components());
    const auto report =
        replay::replay({engine(), **history, components, set.infos(), ""}, {}).value();
    CHECK(report.is_equal(), "REPLAY-1");
    events += report.events();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
}
BENCHMARK(replay_events)->Unit(benchmark::kMillisecond)->Iterations(2)->UseRealTime();

}  // namespace
}  // namespace theater::bench

int main(int count, char** arguments) {
  benchmark::Initialize(&count, arguments);
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument.starts_with("--dir=")) theater::bench::bench_directory = argument.substr(6);
  }
  benchmark::RunSpecifiedBenchmarks();
  std::filesystem::remove_all(theater::bench::bench_directory);
}
