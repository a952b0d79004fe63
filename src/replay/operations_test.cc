// Operations and waits from a guest to the chain and back: a start is real with its commit, its
// last event is recorded when it arrives and delivered once, whenever the node dies; a wait is
// durable before it is performed; every such chain verifies and replays without any family. Cites
// CHAIN-2, CHAIN-3, SEQ-1, REPLAY-1, END-1.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "actor/actor.h"
#include "host/fake_actor.h"
#include "host/testing/errands.h"
#include "hosts/operation/family.h"
#include "io/memory/memory_disk.h"
#include "replay/event_text.h"
#include "replay/open_work.h"
#include "replay/replay.h"
#include "store/node_store.h"
#include "store/verify.h"
#include "wasm/engine.h"

#ifdef THEATER_ERRANDER  // the guest needs wasm-tools

namespace theater::replay {
namespace {

using host::testing::ErrandFamily;
using host::testing::Errands;
using ::testing::HasSubstr;
using Lines = std::vector<std::string>;

wasm::Engine& engine() {
  static const auto made = [] {
    wasm::EngineOptions options;
    options.allocation = wasm::Allocation::kOnDemand;
    return *wasm::Engine::create(options);
  }();
  return *made;
}

Bytes guest() {
  std::ifstream file(THEATER_ERRANDER, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return to_bytes(as_bytes(bytes));
}

/// Compiled once for all tests.
const std::shared_ptr<const wasm::Component>& component() {
  static const auto loaded = *wasm::Component::load(engine(), guest(), "");
  return loaded;
}

/// The errands and the operation family.
class Set final : public actor::FamilySet {
 public:
  Set(Errands& errands, const host::Services& services)
      : errand_(errands), operation_(hosts::operation::make_family()), services_(services) {}
  std::span<const actor::FamilyInfo* const> infos() const override { return infos_; }
  Status check_grant(std::size_t family, const actor::Setting& grant) const override {
    return get(family).check_grant(grant);
  }
  Result<std::unique_ptr<actor::FamilyInstance>> create(std::size_t family,
                                                        const actor::Setting& grant,
                                                        actor::ActorPort& actor) const override {
    return get(family).create(grant, {services_, actor});
  }

 private:
  const host::Family& get(std::size_t family) const {
    return family == 0 ? static_cast<const host::Family&>(errand_) : *operation_;
  }
  ErrandFamily errand_;
  std::unique_ptr<host::Family> operation_;
  const host::Services& services_;
  std::vector<const actor::FamilyInfo*> infos_{&errand_.info(), &operation_->info()};
};

/// One actor on a real store, on a disk in memory.
struct OperationsTest : ::testing::Test {
  std::unique_ptr<io::MemoryDisk> disk = std::make_unique<io::MemoryDisk>();
  host::FakeShard shard;
  Errands errands;
  Set set{errands, shard.services};
  Bytes wasm = guest();
  std::unique_ptr<store::NodeStore> store;
  std::unique_ptr<actor::Shard> home;
  std::unique_ptr<actor::Actor> actor;
  bool has_ended = false;

  OperationsTest() { open(); }
  ~OperationsTest() override { kill_node(); }

  void open() {
    store::NodeStoreOptions options;
    options.log.segment_bytes = 2 << 20;
    options.log.reserve = chain::Reserve::kNone;
    store = *store::NodeStore::open(*disk, "/data", options, shard.clock, shard.random);
    home = std::make_unique<actor::Shard>(
        actor::ShardPorts{shard.executor, shard.clock, shard.random, store->log(), {0}});
  }
  actor::ActorSetup setup() {
    EXPECT_TRUE(store->components().put(wasm));
    auto program = actor::Program::link(component(), {set.infos(), {true, false}, "test.toml"});
    EXPECT_TRUE(program) << program.error().message;
    actor::ActorSetup made{
        *actor::parse_manifest("name = \"errander\"\ncomponent = \"x\"\n[grants.errand]\n",
                               "test.toml", "", {}),
        *program, set, &store->snapshots()};
    made.on_ended = [this] { has_ended = true; };
    return made;
  }
  void start() {
    auto made = actor::Actor::create(*home, setup());
    ASSERT_TRUE(made) << made.error().message;
    actor = std::move(*made);
    settle();
  }
  void settle() {
    for (bool more = true; more;) {
      more = shard.executor.run() > 0;
      while (store->log().step() == chain::StepOutcome::kWrote) more = true;
    }
  }
  void kill_node() {
    actor.reset();
    shard.executor.run();  // tasks that would reach what is gone
    home.reset();
    store.reset();
    errands.take();
    errands.begun.clear();
    errands.tickets.clear();
  }
  void restart() {
    kill_node();
    open();
    auto image = store->history().take_image(store->history().actors().at(0).actor);
    ASSERT_TRUE(image) << image.error().message;
    auto made = actor::Actor::open(*home, setup(), std::move(*image));
    ASSERT_TRUE(made) << made.error().message;
    actor = std::move(*made);
    settle();
  }
  host::testing::ErrandInstance& it() { return *errands.instance; }
  void hear(const std::string& line) { it().hear(line); }
  void tell(const std::string& line) {
    hear(line);
    settle();
  }
  std::string state() const { return std::string(as_text(actor->state())); }

  /// Every event of the actor as one word; an op as "op:done", a recv that refers as "recv*".
  Lines kinds() {
    Lines lines;
    for_each([&](const store::StoredEvent& event) {
      std::string line(chain::kind_name(event.record.kind));
      if (const auto* body = std::get_if<chain::OperationBody>(&event.record.body)) {
        line += fmt::format(":{}", operation_phase_name(body->phase));
      }
      for (const auto& input : event.record.inputs) {
        if (input.reference) line += "*";
      }
      lines.push_back(line);
    });
    return lines;
  }
  template <typename F>
  void for_each(F see) {
    const auto history =
        *store::ActorHistory::open(*disk, "/data", store::ActorHistory::Load::kSummaries);
    ASSERT_TRUE(history->for_each(
        {}, [&](const store::StoredEvent& event) -> Result<store::ActorHistory::Visit> {
          if (!history->node() || event.record.link.actor != history->node()->actor) see(event);
          return store::ActorHistory::Visit::kContinue;
        }));
  }
  std::size_t count(std::string_view word) {
    const Lines all = kinds();
    return static_cast<std::size_t>(std::ranges::count(all, word));
  }
  /// The chain as it lies on the disk verifies, and replays equal, without the families.
  void check_chain() {
    const auto verified = store::verify(*disk, "/data", {});
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_FALSE(verified->bad) << verified->bad->reason;
    const auto history =
        *store::ActorHistory::open(*disk, "/data", store::ActorHistory::Load::kSummaries);
    store::ComponentStore components(*disk, store::NodeLayout{"/data"}.components());
    const auto begun = errands.log.size();
    const auto report = replay({engine(), *history, components, set.infos(), ""}, {});
    ASSERT_TRUE(report) << report.error().message;
    for (const ActorReplay& one : report->actors) {
      ASSERT_FALSE(one.divergence)
          << one.divergence->seq.value << ": " << one.divergence->reason << "\n"
          << one.divergence->recorded << "\n--\n"
          << one.divergence->recomputed;
      EXPECT_EQ(one.state_root, actor->status().state_root);
    }
    EXPECT_EQ(errands.log.size(), begun) << "REPLAY-1";
  }
};

TEST_F(OperationsTest, AnOperationFromStartToLastEvent) {
  start();
  tell("run milk");
  EXPECT_EQ(errands.take(), Lines{"begin 1 milk first"});
  tell("status 1");
  tell("pending");
  it().done(1, "two litres");
  settle();
  EXPECT_THAT(state(), HasSubstr("run 1;status 1 0;pending 1;1 ended two litres;"));
  tell("status 1");
  EXPECT_THAT(state(), HasSubstr("status unknown;"));
  EXPECT_EQ(count("op:done"), 1u);
  EXPECT_EQ(count("recv*"), 1u);
  check_chain();
}

TEST_F(OperationsTest, TheRecordSaysWhatTheGuestWillSee) {
  start();
  tell("run milk");
  it().done(1, std::string(3000, 'm'));  // large enough to be referred to, not stored again
  settle();
  const EventTypes types(set.infos());
  chain::PayloadCommitment recorded;
  for_each([&](const store::StoredEvent& event) {
    if (event.record.kind == chain::Kind::kOperation) {
      recorded = event.record.payloads.at(0);
      const std::string text = event_text(event, types);
      EXPECT_THAT(text, HasSubstr("operation 1 done, attempt 1"));
      EXPECT_THAT(text, HasSubstr("event: {id: 1, payload: ended(ok("));
    }
    if (event.record.kind == chain::Kind::kReceive && event.record.inputs[0].reference) {
      EXPECT_EQ(event.record.inputs[0].payload, recorded);
    }
  });
  EXPECT_EQ(recorded.length, 3000u + 5u);
  EXPECT_THAT(state(), HasSubstr("1 ended mmm"));
  check_chain();
}

TEST_F(OperationsTest, NoWorkBeforeTheStartIsDurableNorForAFailedInvocation) {
  start();
  hear("run milk");
  shard.executor.run();
  EXPECT_EQ(errands.take(), Lines{}) << "CHAIN-1";
  settle();
  EXPECT_EQ(errands.take(), Lines{"begin 1 milk first"});
  hear("run bread");
  hear("err");
  settle();
  EXPECT_EQ(errands.take(), Lines{"begin 3 bread first"})
      << "the batch failed whole, then the start alone succeeded";
  check_chain();
}

TEST_F(OperationsTest, CancelAndMoreAreEffects) {
  start();
  tell("run parts");
  hear("cancel 1");
  shard.executor.run();
  errands.take();
  settle();
  EXPECT_EQ(errands.take(), Lines{"abort 1"});
  EXPECT_THAT(state(), HasSubstr("run 1;cancel true;1 ended error 9;"));
  tell("cancel 1");
  EXPECT_THAT(state(), HasSubstr("cancel false;")) << "not-found";
  tell("run parts");
  EXPECT_TRUE(it().push(2, "12345678"));
  EXPECT_FALSE(it().push(2, "9"));
  errands.take();
  tell("more 2 10");
  EXPECT_EQ(errands.take(), Lines{"credit 2"});
  EXPECT_TRUE(it().push(2, "9"));
  settle();
  EXPECT_THAT(state(), HasSubstr("2 part 12345678;more true;2 part 9;"));
  check_chain();
}

TEST_F(OperationsTest, AKeptResultIsReadByRecordedCalls) {
  start();
  tell("run kept");
  it().kept(1, to_bytes(as_bytes("a long letter")));
  settle();
  tell("collect 1");
  EXPECT_THAT(state(), HasSubstr("1 ended ;collect a long letter;"));
  restart();
  tell("collect 1");
  EXPECT_THAT(state(), HasSubstr("collect error 2;")) << "kept in memory, by a living node";
  check_chain();
}

TEST_F(OperationsTest, ACrashBetweenRecordAndDeliveryDeliversTheRecord) {
  start();
  tell("run again");
  it().done(1, "once");
  while (store->log().step() == chain::StepOutcome::kWrote) {
  }
  EXPECT_EQ(count("op:done"), 1u);
  EXPECT_EQ(count("recv*"), 0u);
  restart();
  EXPECT_EQ(errands.take(), Lines{}) << "the work is not repeated";
  EXPECT_THAT(state(), HasSubstr("1 ended once;"));
  EXPECT_EQ(count("op:done"), 1u);
  EXPECT_EQ(count("recv*"), 1u);
  check_chain();
  restart();
  EXPECT_EQ(state().find("1 ended once"), state().rfind("1 ended once"));
}

TEST_F(OperationsTest, AnInterruptedDeliveryIsRepeatedUnderItsReference) {
  start();
  tell("run milk");
  it().done(1, "two litres");
  hear("fetch water");  // in the same batch: the invocation waits when the node dies
  settle();
  EXPECT_EQ(count("recv*"), 1u);
  EXPECT_EQ(kinds().back(), "host-req");
  restart();
  EXPECT_EQ(count("recv*"), 2u);
  EXPECT_EQ(errands.take(), Lines{}) << "no errand is run twice";
  EXPECT_THAT(state(), HasSubstr("1 ended two litres;"));
  EXPECT_THAT(state(), HasSubstr("fetch error 10;"));
  check_chain();
  restart();
  EXPECT_EQ(count("recv*"), 2u);
}

TEST_F(OperationsTest, RestartsFollowTheCrashRule) {
  start();
  for (const char* what : {"run milk", "run again", "run attach"}) tell(what);
  tell("run look");  // waits for a slot
  restart();
  EXPECT_EQ(errands.take(), (Lines{"begin 2 again reissue", "begin 3 attach reattach"}));
  EXPECT_THAT(state(), HasSubstr("1 ended error 10;"));
  it().done(2, "twice");
  settle();
  EXPECT_EQ(errands.take(), Lines{"begin 4 look lookup"});
  EXPECT_THAT(state(), HasSubstr("2 ended twice;"));
  EXPECT_EQ(count("op:reissued"), 1u);
  EXPECT_EQ(count("op:interrupted"), 1u);
  restart();
  EXPECT_EQ(errands.begun.at(0).id.value, 3u) << "what has ended stays ended";
  check_chain();
}

/// The node dies after each append of a run: whatever is durable then, each start that is durable
/// has one last event in the end, and no event comes twice.
TEST_F(OperationsTest, EachPointOfACrash) {
  for (int point = 0; point < 30; ++point) {
    SCOPED_TRACE(point);
    kill_node();
    disk = std::make_unique<io::MemoryDisk>();
    open();
    start();
    int left = point;
    const auto step = [&] {
      if (left == 0) return false;
      --left;
      if (shard.executor.step()) return true;
      return store->log().step() == chain::StepOutcome::kWrote;
    };
    hear("run again");
    while (step()) {
    }
    if (!errands.begun.empty()) it().done(1, "done it");
    while (step()) {
    }
    restart();
    const bool is_started = state().find("run 1;") != std::string::npos;
    if (is_started && state().find("1 ended") == std::string::npos) {
      ASSERT_FALSE(errands.begun.empty());
      it().done(1, "done it");
      settle();
    }
    const std::string end = state();
    EXPECT_EQ(is_started, end.find("1 ended done it;") != std::string::npos) << end;
    EXPECT_EQ(end.find("1 ended"), end.rfind("1 ended")) << end;
    check_chain();
  }
}

TEST_F(OperationsTest, AWaitIsDurableBeforeItIsPerformedAndRecordedBeforeTheGuestGoesOn) {
  start();
  hear("fetch milk");
  shard.executor.run();
  EXPECT_EQ(errands.take(), Lines{}) << "CHAIN-1";
  settle();
  EXPECT_EQ(errands.take(), Lines{"fetch milk"});
  EXPECT_EQ(kinds().back(), "host-req");
  hear("fetch cached");  // SEQ-1: waits for the invocation under way
  settle();
  EXPECT_EQ(kinds().back(), "host-req");
  ASSERT_TRUE(it().fetched(errands.tickets.at(0), "two litres"));
  settle();
  EXPECT_THAT(state(), HasSubstr("fetch two litres;fetch here;"));
  EXPECT_EQ(count("host-res"), 1u);
  EXPECT_EQ(count("host-call"), 1u) << "an answer at once";
  tell("fetch secret");
  EXPECT_EQ(count("denied"), 1u);
  check_chain();
}

TEST_F(OperationsTest, WhatTheGuestWaitsForIsListed) {
  start();
  tell("fetch bread");
  std::vector<actor::OperationView> views;
  actor->list_operations(views);
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].what, actor::OperationView::What::kWait);
  EXPECT_EQ(views[0].id.value, errands.tickets.at(0));
  EXPECT_EQ(to_bytes(views[0].arguments), host::arguments_of(std::string("bread")));
  EXPECT_EQ(views[0].deadline, shard.clock.wall() + wasm::InstanceLimits{}.deadline);
}

TEST_F(OperationsTest, AWaitEndsAtTheDeadlineOfTheCall) {
  start();
  tell("fetch milk");
  shard.executor.advance(std::chrono::seconds(10));
  settle();
  EXPECT_THAT(state(), HasSubstr("fetch error 8;"));
  EXPECT_FALSE(it().fetched(errands.tickets.at(0), "late"));
  check_chain();
}

TEST_F(OperationsTest, AStopInterruptsWaitsAndAbortsOperations) {
  start();
  tell("run milk");
  tell("fetch milk");
  errands.take();
  actor->stop();
  settle();
  EXPECT_EQ(errands.take(), (Lines{"abort 1", fmt::format("over {}", errands.tickets.at(0))}));
  EXPECT_TRUE(has_ended);
  EXPECT_TRUE(actor->status().census.is_empty()) << "END-1";
  EXPECT_THAT(state(), HasSubstr("fetch error 10;"));
  check_chain();
  restart();
  EXPECT_THAT(state(), HasSubstr("1 ended error 10;")) << "the start had no end";
}

TEST_F(OperationsTest, AKillLeavesNothing) {
  start();
  tell("run milk");
  tell("fetch milk");
  actor->kill();
  settle();
  EXPECT_TRUE(has_ended);
  EXPECT_EQ(shard.executor.timer_count(), 0u) << "END-1";
  check_chain();
}

TEST_F(OperationsTest, WhatIsOpenIsReadFromTheChain) {
  const auto open_items = [&] {
    OpenWork open(set.infos());
    for_each([&](const store::StoredEvent& event) { open.add(event); });
    Lines lines;
    for (const OpenItem& item : open.items()) {
      lines.push_back(fmt::format("{} {} {}{} {}", static_cast<int>(item.what), item.id,
                                  item.function, item.arguments, item.phase));
    }
    return lines;
  };
  start();
  EXPECT_EQ(open_items(), Lines{});
  tell("run milk");
  tell("run bread");
  EXPECT_EQ(open_items(), (Lines{"0 1 theater:test/errand@0.1.0#run(\"milk\") ",
                                 "0 2 theater:test/errand@0.1.0#run(\"bread\") "}));
  it().done(1, "two litres");
  settle();
  tell("fetch milk");
  it().done(2, "a loaf");
  settle();
  const Lines open = open_items();
  ASSERT_EQ(open.size(), 2u) << "the end waits behind the invocation that waits";
  EXPECT_EQ(open[0], "1 2 theater:test/errand@0.1.0#run(\"bread\") done");
  EXPECT_THAT(open[1], HasSubstr("theater:test/errand@0.1.0#fetch-wait(\"milk\")"));
  it().fetched(errands.tickets.at(0), "two litres");
  settle();
  EXPECT_EQ(open_items(), Lines{});
}

TEST_F(OperationsTest, WhoHasNoOperationsMayNotAskAboutThem) {
  actor::FamilyInfo info = *set.infos()[0];
  info.has_operations = false;
  const std::vector<const actor::FamilyInfo*> families{&info, set.infos()[1]};
  const auto refused = actor::Program::link(component(), {families, {true, false}, "test.toml"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "the component imports theater:actor/operation@0.1.0, but no family that test.toml "
            "grants has operations");
  EXPECT_FALSE(set.check_grant(1, *actor::parse_settings("a = 1", "t.toml", {})) &&
               set.check_grant(1, {.key = "operation"}));
}

}  // namespace
}  // namespace theater::replay

#endif
