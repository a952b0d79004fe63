// A thousand random runs replay to equal hashes; a record that another fuel count, another order,
// another result or other NaN bits would have made is found at the event where it shows.
#include <gmock/gmock.h>

#include "chain/codec.h"
#include "chain/hash.h"
#include "replay/testing/replay_node.h"

namespace theater::replay {
namespace {

using store::StoredEvent;
using testing::expect_equal;

constexpr std::uint64_t kSeed = 20261125;
constexpr int kRuns = 1000;

/// One node on which many actors live, one after another, each with a random script.
struct RandomRuns : testing::ReplayNode {
  RandomRuns() : ReplayNode(kSeed), dice(kSeed) {
    open();
    EXPECT_TRUE(store->components().put(wasm));
  }
  void run_one(int number) {
    manifest_text = fmt::format("name = \"run-{}\"\ncomponent = \"x\"\n{}[grants.probe]\n", number,
                                below(4) == 0 ? "instance = \"fresh\"\n" : "");
    auto manifest = actor::parse_manifest(manifest_text, "test.toml", "", {});
    ASSERT_TRUE(manifest);
    auto made = actor::Actor::create(*shard, {*manifest, program, set, &store->snapshots()});
    ASSERT_TRUE(made) << made.error().message;
    actor = std::move(*made);
    settle();
    for (std::uint64_t i = 3 + below(6); i > 0; --i) {
      script.push(below(5), commands());
      if (below(3) != 0) settle();
      if (below(6) == 0) actor->evict();
    }
    settle();
    while (!script.waits.empty()) {  // guests that wait are answered
      const std::uint64_t ticket = script.waits.front();
      script.waits.erase(script.waits.begin());
      if (script.port != nullptr) script.port->answer_wait(ticket, Bytes{0x41});
      settle();
    }
    actor->kill();
    settle();
    actor.reset();
    script.queue.clear();
  }
  std::string commands() {
    constexpr std::string_view kCommands = "+++eeerroommdc0Bhxtw";
    std::string text;
    for (std::uint64_t i = 1 + below(5); i > 0; --i) text += kCommands[below(kCommands.size())];
    return text;
  }
  std::uint64_t below(std::uint64_t bound) { return dice.next() % bound; }

  io::SeededRandom dice;
  std::shared_ptr<const actor::Program> program = actor::testing::probe_program(set, wasm);
};

/// What the log says, but for one event of one actor: the chain behind it is hashed again, as if it
/// had been recorded so.
class Perturbed final : public store::ActorHistory {
 public:
  using Change = std::function<bool(StoredEvent&)>;  // true: it changed this one
  Perturbed(store::ActorHistory& real, Change change) : real_(real), change_(std::move(change)) {}

  const std::vector<store::ActorSummary>& actors() const override { return real_.actors(); }
  const std::optional<store::ActorSummary>& node() const override { return real_.node(); }
  const store::ActorSummary* find(const ActorId& actor) const override { return real_.find(actor); }
  Result<store::ActorImage> take_image(const ActorId& actor) override {
    return real_.take_image(actor);
  }
  Result<store::FoundSnapshot> find_snapshot(const ActorId& actor, Seq last) override {
    return real_.find_snapshot(actor, last);
  }
  Result<store::StateTree> state_at(const ActorId& actor, std::optional<Seq> seq) override {
    return real_.state_at(actor, seq);
  }
  Status for_each(const Range& range, const Visitor& visit) override {
    Digest last;
    return real_.for_each(range, [&](const StoredEvent& event) -> Result<Visit> {
      StoredEvent copy = event;
      if (!changed_ && change_(copy)) changed_ = copy.record.link.seq;
      if (changed_) {
        copy.record.link.previous = last;
        TRY(copy.encoded, chain::encode_record(copy.record.link, copy.record.draft()));
        copy.leaf = chain::leaf_hash(copy.encoded);
      }
      last = copy.leaf;
      return visit(copy);
    });
  }
  std::optional<Seq> changed() const { return changed_; }

 private:
  store::ActorHistory& real_;
  Change change_;
  std::optional<Seq> changed_;
};

struct Perturbation {
  const char* name;
  Perturbed::Change change;
};

bool change_fuel(StoredEvent& event) {
  if (event.record.kind != chain::Kind::kCommit) return false;
  event.record.fuel = event.record.fuel.value_or(0) + 1;
  return true;
}

bool change_order(StoredEvent& event) {
  auto& outputs = event.record.outputs;
  if (event.record.kind != chain::Kind::kCommit || outputs.size() < 2 ||
      event.outputs[0].bytes == event.outputs[1].bytes) {
    return false;
  }
  std::swap(outputs[0], outputs[1]);
  std::swap(event.outputs[0], event.outputs[1]);
  return true;
}

/// The result of a read, which the guest appends to its state.
bool change_result(StoredEvent& event) {
  if (event.record.kind != chain::Kind::kHostCall || !event.record.name.ends_with("#read")) {
    return false;
  }
  event.payloads[1].bytes = {0x63};
  event.record.payloads[1] = chain::commit_payload(event.payloads[1].salt, event.payloads[1].bytes,
                                                   chain::type_hint("u64"));
  return true;
}

const Perturbation kPerturbations[] = {
    {"fuel", change_fuel}, {"order", change_order}, {"result", change_result}};

TEST(RandomRuns, ReplayEqualAndEachPerturbationIsLocated) {
  RandomRuns world;
  for (int run = 0; run < kRuns && !::testing::Test::HasFailure(); ++run) world.run_one(run);
  world.kill();
  const auto whole = world.replay();
  expect_equal(whole);
  ASSERT_EQ(whole->actors.size(), static_cast<std::size_t>(kRuns)) << "seed " << kSeed;
  const auto past = world.history();
  store::ComponentStore components(world.disk, store::NodeLayout{world.root}.components());
  std::map<std::string, int> located;
  for (int i = 0; i < 60; ++i) {
    const Perturbation& perturbation = kPerturbations[i % 3];
    Perturbed history(*past, perturbation.change);
    ReplayOptions options;
    options.actor = past->actors().at(world.below(kRuns)).actor;
    const auto report = replay({actor::testing::shared_engine(), history, components,
                                world.set.infos(), ::testing::TempDir() + "theater-replay-cache"},
                               options);
    ASSERT_TRUE(report) << report.error().message;
    if (!history.changed()) continue;
    const auto& divergence = report->actors.at(0).divergence;
    const bool is_result = std::string_view(perturbation.name) == "result";
    if (is_result && !divergence) continue;  // that run failed, and what was read with it
    ASSERT_TRUE(divergence) << perturbation.name << " of " << options.actor->hex();
    if (is_result) {
      EXPECT_GT(divergence->seq, *history.changed()) << "it shows in what the guest made of it";
    } else {
      EXPECT_EQ(divergence->seq, *history.changed()) << perturbation.name;
    }
    ++located[perturbation.name];
  }
  for (const Perturbation& one : kPerturbations) EXPECT_GT(located[one.name], 3) << one.name;
}

/// A guest that appends the sign byte of a NaN it computed. Another machine's NaN, had it not been
/// made canonical, would have been recorded with another.
TEST(RandomRuns, OtherNanBitsAreLocated) {
  const auto with_nan = [](std::string_view bits) {
    return actor::testing::probe_wasm(
        "(call $push (i32.const 0x2b))",
        fmt::format("(call $push (i32.shr_u {} (i32.const 24)))", bits));
  };
  testing::ReplayNode node;
  node.wasm = with_nan("(i32.reinterpret_f32 (f32.div (f32.const 0) (f32.const 0)))");
  node.open();
  node.start();
  node.tell("0");
  node.tell("+");
  EXPECT_EQ(node.state().back(), '\x7f') << "canonical";
  const Seq commit{node.actor->status().next_seq.value - 1};
  node.tell("0");
  node.kill();
  expect_equal(node.replay());
  ReplayOptions options;
  options.component = with_nan("(i32.const 0xffc00000)");
  const auto report = node.replay(options);
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_TRUE(report->actors.at(0).divergence);
  EXPECT_EQ(report->actors.at(0).divergence->seq, commit);
}

}  // namespace
}  // namespace theater::replay
