// Operations and waits from a guest to the chain and back: a start is real with its commit, its
// last event is recorded when it arrives and delivered once; a wait is durable before it is
// performed; every such chain verifies and replays without any family. Cites CHAIN-2, CHAIN-3,
// SEQ-1, REPLAY-1, END-1.
#include "replay/event_text.h"
#include "replay/open_work.h"
#include "replay/testing/errander_fixture.h"

#ifdef THEATER_ERRANDER  // the guest needs wasm-tools

namespace theater::replay::testing {
namespace {

using ::testing::HasSubstr;

class OperationsTest : public ErranderFixture {};

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
}  // namespace theater::replay::testing

#endif
