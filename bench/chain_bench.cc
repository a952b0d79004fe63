// Speed of the chain: hashing, appending, durable events, commit latency, verifying; beside the
// raw fdatasync of the same file system, measured in the same run. Argument --dir=PATH: where.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <string>
#include <thread>

#include "base/check.h"
#include "chain/actor_chain.h"
#include "chain/hash.h"
#include "chain/recovery.h"
#include "io/manual_clock.h"
#include "io/posix_file.h"
#include "io/system_clock.h"
#include "store/node_store.h"
#include "store/state_tree.h"
#include "store/verify.h"

namespace theater {
namespace {

std::string bench_directory = "/tmp/theater-chain-bench";

void clear(const std::string& directory) { std::filesystem::remove_all(directory); }

double percentile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

double microseconds_since(MonotonicTime start, const io::Clock& clock) {
  return static_cast<double>((clock.now() - start).count()) / 1000;
}

/// One node's store with its log thread.
class BenchNode {
 public:
  enum class Index { kNone, kWritten };
  explicit BenchNode(std::size_t shards, Index index = Index::kNone) {
    clear(bench_directory);
    store::NodeStoreOptions options;
    options.log.shards = shards;
    options.log.reserve = chain::Reserve::kNone;
    options.index_on = store::IndexOn::kOwnThread;
    if (index == Index::kNone) options.index_bytes = UINT64_MAX;
    auto opened = store::NodeStore::open(*files, bench_directory, options, clock, random);
    CHECK(opened.has_value(), "the bench directory can be written");
    store = *std::move(opened);
    thread = std::thread([this] { store->log().run(); });
  }
  ~BenchNode() {
    store->log().request_stop();
    thread.join();
    CHECK(store->log().stop().has_value(), "the log stops");
    store.reset();
  }

  std::unique_ptr<io::FileSystem> files = io::make_posix_file_system();
  io::SystemClock clock;
  io::SeededRandom random{1};
  std::unique_ptr<store::NodeStore> store;
  std::thread thread;
};

/// Appends pairs of recv (one input of 16 bytes) and commit: about 200 bytes an event.
class BenchActor {
 public:
  BenchActor(BenchNode& node, std::uint64_t shard) : node_(node) {
    chain::GenesisBody body;
    body.manifest = chain::commit_payload({}, {}, hint_);
    store_le(body.nonce.bytes.data(), shard + 1);
    chain_.emplace(node.store->log(), chain::ShardIndex{shard}, node.clock,
                   chain::ActorChain::head_of_new(body));
    chain::RecordDraft draft{chain::Kind::kGenesis};
    draft.body = body;
    const auto manifest = chain::Attachment::payload(Salt{}, {});
    CHECK(chain_->append(draft, std::span(&manifest, 1)).has_value(), "a good log");
  }

  /// Two events; the lsn of the second.
  Lsn invoke() {
    store_le(salt_.bytes.data(), ++number_);
    const chain::Input input{chain::commit_payload(salt_, payload_, hint_), std::nullopt};
    const auto attachment = chain::Attachment::payload(salt_, payload_);
    chain::RecordDraft receive{chain::Kind::kReceive};
    receive.inputs = std::span(&input, 1);
    receive.name = "theater:actor/timer-handler@0.1.0#handle-events";
    const chain::Appended received = append(receive, std::span(&attachment, 1));
    chain::RecordDraft commit{chain::Kind::kCommit, received.seq};
    commit.state_root = chain::empty_state_root();
    commit.outcome = 0;
    return append(commit, {}).lsn;
  }

  /// Of the empty state that all invocations leave.
  void snapshot() {
    const Seq last{chain_->head().next.value - 1};
    chain::RecordDraft draft{chain::Kind::kSnapshot};
    draft.state_root = chain::empty_state_root();
    draft.body =
        node_.store->snapshots().write(chain_->actor(), last, store::StateTree(), {}).value();
    append(draft, {});
  }

 private:
  chain::Appended append(const chain::RecordDraft& draft,
                         std::span<const chain::Attachment> attachments) {
    for (;;) {
      if (const auto done = chain_->append(draft, attachments)) return *done;
      CHECK(!node_.store->log().failed(), "the log works");
      std::this_thread::yield();
    }
  }

  BenchNode& node_;
  const chain::TypeHint hint_ = chain::type_hint("list<u8>");
  const Bytes payload_ = Bytes(16, 7);
  Salt salt_;
  std::uint64_t number_ = 0;
  std::optional<chain::ActorChain> chain_;
};

void raw_fdatasync(benchmark::State& state) {
  clear(bench_directory);
  std::filesystem::create_directories(bench_directory);
  const auto files = io::make_posix_file_system();
  const auto file = files->open(bench_directory + "/raw", io::OpenMode::kCreate).value();
  constexpr std::uint64_t kBytes = 16 * 1024 * 1024;
  CHECK(file->write_at(0, Bytes(kBytes)).has_value() && file->sync_all().has_value(), "writes");
  const io::SystemClock clock;
  const Bytes block(static_cast<std::size_t>(state.range(0)), 1);
  std::vector<double> times;
  std::uint64_t at = 0;
  for (auto _ : state) {
    const MonotonicTime start = clock.now();
    CHECK(file->write_at(at, block).has_value() && file->sync_data().has_value(), "writes");
    times.push_back(microseconds_since(start, clock));
    at = (at + block.size()) % kBytes;
  }
  state.counters["p50_us"] = percentile(times, 0.5);
  state.counters["p99_us"] = percentile(times, 0.99);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(raw_fdatasync)->Arg(512)->Arg(4096)->Arg(1024 * 1024)->UseRealTime();

void sha256_of(benchmark::State& state) {
  const Bytes bytes(static_cast<std::size_t>(state.range(0)), 1);
  for (auto _ : state) benchmark::DoNotOptimize(chain::sha256(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sha256_of)->Arg(65)->Arg(200)->Arg(4096)->Arg(1 << 20);

/// CPU of one append of about 200 bytes, on the shard, with a log thread that keeps up.
void append_event(benchmark::State& state) {
  BenchNode node(1);
  BenchActor actor(node, 0);
  for (auto _ : state) benchmark::DoNotOptimize(actor.invoke());
  state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(append_event);

/// Durable events a second, from one shard thread that never waits but for a full queue.
void durable_events(benchmark::State& state) {
  constexpr std::uint64_t kPairs = 1'500'000;
  for (auto _ : state) {
    state.PauseTiming();
    auto node = std::make_unique<BenchNode>(1);
    BenchActor actor(*node, 0);
    state.ResumeTiming();
    Lsn last;
    for (std::uint64_t i = 0; i < kPairs; ++i) last = actor.invoke();
    while (node->store->log().durable() < last) std::this_thread::yield();
    state.PauseTiming();
    node.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(2 * static_cast<std::int64_t>(kPairs) * state.iterations());
}
BENCHMARK(durable_events)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(2);

/// From append to durable, one invocation at a time and at a steady rate (events a second).
void commit_latency(benchmark::State& state) {
  BenchNode node(1);
  BenchActor actor(node, 0);
  const auto rate = static_cast<double>(state.range(0));
  std::vector<double> times;
  std::deque<std::pair<Lsn, MonotonicTime>> open;
  const MonotonicTime begin = node.clock.now();
  double sent = 0;
  const auto collect = [&] {
    const Lsn durable = node.store->log().durable();
    while (!open.empty() && open.front().first <= durable) {
      times.push_back(microseconds_since(open.front().second, node.clock));
      open.pop_front();
    }
  };
  for (auto _ : state) {
    while (rate > 0 && microseconds_since(begin, node.clock) * rate / 1e6 < sent) {
      collect();
      std::this_thread::yield();
    }
    open.emplace_back(actor.invoke(), node.clock.now());
    sent += 2;
    if (rate == 0) {
      while (!open.empty()) {
        std::this_thread::yield();
        collect();
      }
    }
    collect();
  }
  while (!open.empty()) collect();
  state.counters["p50_us"] = percentile(times, 0.5);
  state.counters["p99_us"] = percentile(times, 0.99);
}
BENCHMARK(commit_latency)->Arg(0)->UseRealTime()->Iterations(3000);
BENCHMARK(commit_latency)->Arg(10'000)->UseRealTime()->Iterations(10'000);
BENCHMARK(commit_latency)->Arg(400'000)->UseRealTime()->Iterations(400'000);

/// A store of 3 million events, made once.
void make_store() {
  BenchNode node(1);
  BenchActor actor(node, 0);
  for (int i = 0; i < 1'500'000; ++i) (void)actor.invoke();
}

void verify_events(benchmark::State& state) {
  make_store();
  const auto files = io::make_posix_file_system();
  std::uint64_t events = 0, bytes = 0;
  for (auto _ : state) {
    const auto report = store::verify(*files, bench_directory, {}).value();
    CHECK(report.good(), "the store is good");
    events += report.events;
    bytes += report.bytes;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(verify_events)->Unit(benchmark::kMillisecond)->Iterations(2);

void recovery_scan(benchmark::State& state) {
  const auto files = io::make_posix_file_system();
  const store::NodeLayout layout{bench_directory};
  const NodeId node = store::NodeDirectory::read_identity(*files, bench_directory).value();
  std::uint64_t events = 0;
  for (auto _ : state) {
    events += chain::recover(*files, layout.log(), node).value().end.next_lsn.value - 1;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
}
BENCHMARK(recovery_scan)->Unit(benchmark::kMillisecond)->Iterations(2);

void history_summaries(benchmark::State& state) {
  const auto files = io::make_posix_file_system();
  std::uint64_t events = 0;
  for (auto _ : state) {
    const auto history =
        store::ActorHistory::open(*files, bench_directory, store::ActorHistory::Load::kSummaries);
    events += (*history)->actors().at(0).events;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
}
BENCHMARK(history_summaries)->Unit(benchmark::kMillisecond)->Iterations(1);

/// What a start reads of a store of 4 million events with a snapshot each 10,000: with the index
/// that the node wrote on the way (1), then without (0).
void start_of_a_store(benchmark::State& state) {
  if (state.range(0) == 1) {
    BenchNode node(1, BenchNode::Index::kWritten);
    BenchActor actor(node, 0);
    for (int i = 0; i < 2'000'000; ++i) {
      (void)actor.invoke();
      if (i % 5'000 == 4'999) actor.snapshot();
    }
  } else {
    std::filesystem::remove_all(bench_directory + "/index");
  }
  const auto files = io::make_posix_file_system();
  const io::SystemClock clock;
  io::SeededRandom random{1};
  store::NodeStoreOptions options;
  options.log.reserve = chain::Reserve::kNone;
  options.index_bytes = UINT64_MAX;
  for (auto _ : state) {
    const auto opened = store::NodeStore::open(*files, bench_directory, options, clock, random);
    CHECK(opened.has_value() && (*opened)->history().actors().size() == 1, "the store is good");
  }
}
BENCHMARK(start_of_a_store)
    ->Arg(1)
    ->Arg(0)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(3);

/// One changed chunk in a state of so many bytes.
void state_update(benchmark::State& state) {
  store::StateTree tree;
  Bytes bytes(static_cast<std::size_t>(state.range(0)), 1);
  Salt salt;
  CHECK(tree.update(bytes, salt).has_value(), "a state");
  for (auto _ : state) {
    ++bytes[bytes.size() / 2];
    benchmark::DoNotOptimize(tree.update(bytes, salt));
  }
}
BENCHMARK(state_update)->Arg(1024)->Arg(1 << 20)->Arg(4 << 20);

}  // namespace
}  // namespace theater

int main(int count, char** arguments) {
  benchmark::Initialize(&count, arguments);
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument.starts_with("--dir=")) theater::bench_directory = argument.substr(6);
  }
  benchmark::RunSpecifiedBenchmarks();
  theater::clear(theater::bench_directory);
}
