// Speed of actors: recorded invocations of one actor on one shard, recorded host calls,
// activations, and the replay of what was recorded. Argument --dir=PATH: where.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "actor/actor.h"
#include "actor/invocation.h"
#include "actor/live_journal.h"
#include "base/check.h"
#include "bench_family.h"
#include "io/asio_executor.h"
#include "io/keyed_random.h"
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
constexpr std::uint64_t kUndurableBytes = 4 << 20;

Bytes guest_wasm() {
  std::ifstream file(THEATER_BENCH_GUEST);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return wasm::wat_to_wasm(text).value();
}

wasm::Engine& engine() {
  static const auto made = wasm::Engine::create({}).value();
  return *made;
}

std::shared_ptr<const actor::Manifest> make_manifest(std::size_t state_bytes) {
  actor::Manifest manifest;
  manifest.name = "bench";
  manifest.params = Bytes(state_bytes, 'x');
  manifest.grants.emplace_back().key = "probe";
  manifest.limits.idle = std::chrono::hours(1);
  return std::make_shared<const actor::Manifest>(std::move(manifest));
}

/// A node of one shard and one actor: this thread is the shard, another one writes the log.
class BenchNode {
 public:
  explicit BenchNode(std::size_t state_bytes) {
    std::filesystem::remove_all(bench_directory);
    store::NodeStoreOptions options;
    options.log.reserve = chain::Reserve::kNone;
    options.index_on = store::IndexOn::kOwnThread;  // as a node has it: the log is not held up
    store = store::NodeStore::open(*files, bench_directory, options, clock, random).value();
    CHECK(store->components().put(wasm).has_value(), "the bench directory can be written");
    shard = std::make_unique<actor::Shard>(
        actor::ShardPorts{executor, clock, random, store->log(), {0}});
    log_thread = std::thread([this] { store->log().run(); });
    manifest = make_manifest(state_bytes);
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
  io::KeyedRandom random;
  io::AsioExecutor executor;
  Feed feed;
  BenchSet set{feed};
  Bytes wasm = guest_wasm();
  std::shared_ptr<const actor::Manifest> manifest;
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

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Memory that each of 100,000 idle, evicted actors of one manifest keeps, with 64 bytes of state:
/// as the allocator counts it, and as the process grows.
void idle_actors(benchmark::State& state) {
  constexpr std::size_t kActors = 100'000;
  BenchNode node(64);
  std::vector<std::unique_ptr<actor::Actor>> actors;
  actors.reserve(kActors);
  const std::size_t before = mallinfo2().uordblks, resident = resident_bytes();
  for (auto _ : state) {
    for (std::size_t i = 0; i < kActors; ++i) {
      actors.push_back(node.make_actor());
      while (actors.back()->status().phase == actor::Phase::kStarting) node.executor.poll();
      actors.back()->evict();
    }
    node.wait();
  }
  const auto each = [](std::size_t bytes) { return static_cast<double>(bytes) / kActors; };
  state.counters["bytes_per_actor"] = each(mallinfo2().uordblks - before);
  state.counters["resident_bytes_per_actor"] = each(resident_bytes() - resident);
  for (auto& actor : actors) actor->kill();
}
BENCHMARK(idle_actors)->Unit(benchmark::kMillisecond)->Iterations(1);

/// Records nothing: what an invocation costs without its chain.
class NoJournal final : public actor::Journal {
 public:
  Result<chain::Appended> append(const actor::EventDraft&) override {
    last_.seq = last_.seq.next();
    return last_;
  }
  Salt state_salt() override { return {}; }

 private:
  chain::Appended last_;
};

/// The imports of the bench family, with nothing around them.
class DirectImports final : public actor::Imports {
 public:
  DirectImports(const actor::FamilyInfo& info, Feed& feed) : instance_(info, feed) {}
  Result<actor::CallOutcome> call(const actor::ImportTarget& target, ByteSpan arguments,
                                  const actor::CallContext& context, Bytes& result) override {
    return instance_.call(target.function, arguments, context, result);
  }
  void request(const actor::ImportTarget&, ByteSpan, const chain::Appended&) override {}

 private:
  BenchInstance instance_;
};

/// One invocation after another with 64 host calls each, 64 bytes in and out; or with none. `range
/// (0)`: the command; `range(1)`: whether it is all recorded. The four figures together give what
/// recording adds to one call.
void host_calls(benchmark::State& state) {
  BenchNode node(64);
  const bool is_recorded = state.range(1) != 0;
  chain::LogWriter& log = node.store->log();
  NoJournal nothing;
  actor::LiveJournal live(chain::ActorChain(log, {0}, node.clock, {}), node.shard->salts(),
                          node.shard->record_builder(), log);
  DirectImports imports(*node.set.infos()[0], node.feed);
  store::StateTree tree;
  actor::Journal& journal = is_recorded ? static_cast<actor::Journal&>(live) : nothing;
  actor::Invocation invocation({*node.program, journal, imports, tree, 1 << 20});
  auto instance = wasm::Instance::create(node.program->linked(), {}, invocation).value();
  node.feed.set(static_cast<char>(state.range(0)), kEventBytes);
  actor::EventBatch batch({});
  batch.add(node.feed.event);
  for (auto _ : state) {
    {
      const chain::SubmitGroup group(log, {0});  // as in a turn of an actor
      CHECK(invocation.begin(*instance, {&node.program->handlers()[0], &batch, {}}), "it begins");
      while (invocation.poll().value() != actor::Invocation::Progress::kEnded) {
      }
    }
    CHECK(invocation.end().is_commit, "it commits");
    invocation.effects().clear();
    while (log.undurable_bytes() > kUndurableBytes) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
}
BENCHMARK(host_calls)
    ->ArgNames({"command", "recorded"})
    ->ArgsProduct({{'k', 'a'}, {0, 1}})
    ->Unit(benchmark::kMicrosecond)
    ->Iterations(2000);

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
