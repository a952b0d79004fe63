// A family with operations writes a check, the work and its end; the kit does the rest: each start
// that is committed has exactly one last event, recorded when it arrives and delivered once, also
// across restarts; slots, parts, kept results and deadlines are bounded; a wait is answered once.
#include "host/operating.h"

#include <gtest/gtest.h>

#include "host/fake_actor.h"
#include "host/testing/errands.h"

namespace theater::host::testing {
namespace {

using Lines = std::vector<std::string>;

/// One instance, and what an actor would do around it.
struct Desk {
  FakeShard shard;
  FakeActor actor;
  Errands errands;
  ErrandFamily family{errands};
  std::unique_ptr<actor::FamilyInstance> made;
  std::uint64_t next_id = 1;
  struct Past {
    std::size_t function;
    Bytes arguments;
    std::uint64_t id;
  };
  std::vector<Past> history;

  explicit Desk(std::string_view grant = "") {
    made = *family.create(*actor::parse_settings(grant, "t.toml", {}), {shard.services, actor});
  }
  ~Desk() { made->stop(actor::StopMode::kKill); }
  ErrandInstance& it() { return *errands.instance; }
  actor::OperationPort& port() { return *made->operations(); }

  Started call(std::string_view what) {
    Bytes result;
    const Bytes arguments = arguments_of(std::string(what));
    EXPECT_NE(made->call(ErrandFamily::kRun, arguments, {Seq{7}, 0, next_id}, result),
              actor::CallOutcome::kTrap);
    const auto started = *wasm::from_binary<Started>(result);
    if (started) history.push_back({ErrandFamily::kRun, arguments, next_id++});
    return started;
  }
  /// An invocation that starts one errand, commits, and whose effect is let through.
  std::uint64_t run(std::string_view what) {
    const auto started = call(what);
    EXPECT_TRUE(started);
    made->settle(actor::Settlement::kCommitted);
    perform(history.back());
    return *started;
  }
  void perform(const Past& past) {
    made->perform({past.function, past.arguments, past.id, Seq{9}, 0});
  }
  /// Takes a batch as the actor does; its invocation commits.
  Lines take() {
    actor::EventBatch batch({});
    made->events()->take(batch);
    Lines lines;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto event = *wasm::from_binary<Event<ErrandPayload>>(batch[i]);
      lines.push_back(fmt::format("{}{} {}", event.id, batch.origin(i) ? "*" : "", text(event)));
      if (const auto* origin = batch.origin(i)) port().delivered(origin->operation);
    }
    return lines;
  }
  static std::string text(const Event<ErrandPayload>& event) {
    const auto& value = event.payload.value;
    if (const auto* part = std::get_if<0>(&value)) {
      return "part " + std::string(as_text(*part));
    }
    if (const auto* heard = std::get_if<1>(&value)) return "heard " + *heard;
    const Data& result = std::get<2>(value);
    if (result) return "done " + std::string(as_text(*result));
    return fmt::format("error {}", static_cast<int>(result.error().code));
  }
  std::string phase(std::uint64_t id) {
    const auto status = port().status({id});
    return status ? fmt::format("{} {}", operation_phase_word(status->phase), status->bytes) : "-";
  }
  void pass(Nanoseconds span) { shard.executor.advance(span); }
};

std::string error(GuestCode code) { return fmt::format("error {}", static_cast<int>(code)); }

TEST(Operating, AnErrandFromStartToEnd) {
  Desk desk;
  EXPECT_EQ(desk.run("milk"), 1u);
  EXPECT_EQ(desk.errands.take(), Lines{"begin 1 milk first"});
  EXPECT_EQ(desk.phase(1), "running 0");
  EXPECT_TRUE(desk.it().done(1, "two litres"));
  ASSERT_EQ(desk.actor.records.size(), 1u) << "recorded when it arrives";
  EXPECT_EQ(desk.actor.records[0].phase, chain::OperationPhase::kDone);
  EXPECT_EQ(desk.phase(1), "done 0");
  EXPECT_FALSE(desk.it().failed(1)) << "the first end won";
  EXPECT_EQ(desk.take(), Lines{"1* done two litres"});
  EXPECT_EQ(desk.phase(1), "-");
  EXPECT_TRUE(desk.made->census().is_empty());
}

TEST(Operating, NothingHappensBeforeTheCommitIsLetThrough) {
  Desk desk;
  ASSERT_TRUE(desk.call("milk"));
  EXPECT_EQ(desk.phase(1), "queued 0");
  desk.made->settle(actor::Settlement::kCommitted);
  EXPECT_EQ(desk.errands.take(), Lines{});
  desk.perform(desk.history[0]);
  EXPECT_EQ(desk.errands.take(), Lines{"begin 1 milk first"});
}

TEST(Operating, ADiscardedStartNeverWas) {
  Desk desk;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(desk.call("milk")) << "promises are given back";
    desk.made->settle(actor::Settlement::kDiscarded);
  }
  EXPECT_EQ(desk.phase(1), "-");
  EXPECT_TRUE(desk.made->census().is_empty());
}

TEST(Operating, ChecksAreTold) {
  Desk desk;
  EXPECT_EQ(desk.call("").error().code, GuestCode::kInvalid);
  EXPECT_EQ(desk.call("secret").error().code, GuestCode::kDenied);
  Bytes result;
  EXPECT_EQ(desk.made->call(0, arguments_of(std::string("secret")), {}, result),
            actor::CallOutcome::kDenied);
}

TEST(Operating, SlotsAndWaitingAreBounded) {
  Desk desk;
  for (int i = 0; i < 6; ++i) desk.run("milk");
  EXPECT_EQ(desk.errands.take().size(), 2u) << "running_max";
  EXPECT_EQ(desk.call("milk").error().code, GuestCode::kFull);
  desk.it().done(2, "");
  EXPECT_EQ(desk.errands.take(), Lines{"begin 3 milk first"});
  EXPECT_TRUE(desk.call("milk"));
}

TEST(Operating, WorkThatEndsAtOnceDoesNotPileUp) {
  Desk desk("waiting_max = 256\n");
  desk.run("milk");
  desk.run("milk");
  for (int i = 0; i < 200; ++i) desk.run("now");
  desk.it().done(1, "");
  EXPECT_EQ(desk.actor.records.size(), 201u);
}

TEST(Operating, EndsMadeByTheKit) {
  Desk desk("time = \"5s\"\nrunning_max = 1\n");
  desk.run("milk");
  desk.run("bread");
  desk.port().cancel({2});
  EXPECT_EQ(desk.take(), Lines{"2* " + error(GuestCode::kCancelled)});
  desk.errands.take();
  desk.port().cancel({1});
  desk.port().cancel({1});
  EXPECT_EQ(desk.errands.take(), Lines{"abort 1"});
  EXPECT_FALSE(desk.it().done(1, "too late"));
  EXPECT_EQ(desk.take(), Lines{"1* " + error(GuestCode::kCancelled)});
  desk.run("eggs");
  desk.errands.take();
  desk.pass(std::chrono::seconds(5));
  EXPECT_EQ(desk.errands.take(), Lines{"abort 3"});
  EXPECT_EQ(desk.take(), Lines{"3* " + error(GuestCode::kDeadline)});
  EXPECT_EQ(desk.shard.executor.timer_count(), 0u);
  EXPECT_TRUE(desk.made->census().is_empty());
}

TEST(Operating, PartsFollowTheCredit) {
  Desk desk;
  const auto id = desk.run("parts");
  EXPECT_TRUE(desk.it().push(id, "12345"));
  EXPECT_TRUE(desk.it().push(id, "67890")) << "the last credit covers one part";
  EXPECT_FALSE(desk.it().push(id, "more"));
  EXPECT_EQ(desk.phase(id), "running 10");
  desk.errands.take();
  desk.port().more({id}, 4);
  EXPECT_EQ(desk.errands.take(), Lines{"credit 1"});
  EXPECT_TRUE(desk.it().push(id, "more"));
  desk.it().done(id, "");
  EXPECT_EQ(desk.take(), (Lines{"1 part 12345", "1 part 67890", "1 part more", "1* done "}));
}

TEST(Operating, PartsWaitForRoom) {
  Desk desk;
  const auto id = desk.run("parts");
  desk.port().more({id}, 1000);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(desk.it().push(id, "x"));
  EXPECT_FALSE(desk.it().push(id, "x")) << "items_max";
  desk.errands.take();
  desk.take();
  EXPECT_EQ(desk.errands.take(), Lines{}) << "not while the actor takes events";
  desk.shard.executor.run();
  EXPECT_EQ(desk.errands.take(), Lines{"credit 1"});
}

TEST(Operating, PartsWaitForRoomThatOtherEventsTake) {
  Desk desk;
  const auto parts = desk.run("parts");
  desk.port().more({parts}, 1000);
  while (desk.it().hear("noise") == Put::kQueued) {
  }
  EXPECT_FALSE(desk.it().push(parts, "x"));
  desk.errands.take();
  desk.take();
  desk.shard.executor.run();
  EXPECT_EQ(desk.errands.take(), Lines{"credit 1"}) << "after events of the family's own";

  const auto other = desk.run("milk");
  desk.it().done(other, std::string(4000, 'x'));
  EXPECT_FALSE(desk.it().push(parts, std::string(200, 'x'))) << "the last event fills the queue";
  desk.errands.take();
  desk.take();
  desk.shard.executor.run();
  EXPECT_EQ(desk.errands.take(), Lines{"credit 1"}) << "after the end of another operation";
}

TEST(Operating, NothingIsAskedAgainThatDoesNotWaitForRoom) {
  Desk desk;
  const auto id = desk.run("parts");
  while (desk.it().push(id, "12345")) {
  }
  desk.errands.take();
  desk.take();
  EXPECT_EQ(desk.shard.executor.run(), 0u) << "it waits for credit";
}

TEST(Operating, ArgumentsAreBoundedAndLetGoAtTheEnd) {
  Desk desk("waiting_max = 256\ntime = \"1h\"\n");
  const std::string large = "milk" + std::string((16u << 20) - 1024, 'x');
  for (int i = 0; i < 4; ++i) desk.run(large);
  EXPECT_EQ(desk.call(large).error().code, GuestCode::kFull) << "64 MiB together";
  EXPECT_TRUE(desk.call("bread"));
  desk.made->settle(actor::Settlement::kDiscarded);
  EXPECT_GT(desk.made->save().size(), 60u << 20);
  desk.it().done(1, "");
  desk.it().done(2, "");
  EXPECT_LT(desk.made->save().size(), 33u << 20) << "nothing is done with them any more";
  EXPECT_TRUE(desk.call(large)) << "there is room again";
}

TEST(Operating, TheLastEventHasRoomWhateverHappens) {
  Desk desk;
  const auto id = desk.run("milk");
  while (desk.it().hear("noise") == Put::kQueued) {
  }
  EXPECT_TRUE(desk.it().done(id, "two litres"));
  EXPECT_EQ(desk.take().back(), "1* done two litres");
}

TEST(Operating, AResultTooLargeIsAFailure) {
  Desk desk;
  const auto id = desk.run("milk");
  EXPECT_TRUE(desk.it().done(id, std::string(kInlineBytesMax, 'x')));
  EXPECT_EQ(desk.actor.records[0].phase, chain::OperationPhase::kFailed);
  EXPECT_EQ(desk.take(), Lines{"1* " + error(GuestCode::kTooLarge)});
}

TEST(Operating, ResultsAreKeptForAMinuteWithinABound) {
  Desk desk;
  const auto id = desk.run("kept");
  ASSERT_TRUE(desk.it().kept(id, to_bytes(as_bytes("0123456789"))));
  EXPECT_EQ(desk.take(), Lines{"1* done "});
  EXPECT_EQ(as_text(*desk.port().collect({id}, 3, 4)), "3456");
  EXPECT_EQ(as_text(*desk.port().collect({id}, 10, 4)), "");
  EXPECT_EQ(desk.port().collect({id}, 11, 4).error().code, Code::kInvalid);
  EXPECT_EQ(desk.port().collect({99}, 0, 4).error().code, Code::kNotFound);
  const auto large = desk.run("kept");
  ASSERT_TRUE(desk.it().kept(large, Bytes(kKeptBytesMax)));
  EXPECT_EQ(desk.take(), Lines{"2* " + error(GuestCode::kFull)});
  desk.pass(kKeptTime);
  EXPECT_EQ(desk.port().collect({id}, 0, 4).error().code, Code::kNotFound);
  EXPECT_TRUE(desk.made->census().is_empty());
}

TEST(Operating, StopLeavesNothing) {
  for (const auto mode : {actor::StopMode::kDrain, actor::StopMode::kKill}) {
    Desk desk;
    desk.run("milk");
    desk.run("parts");
    desk.run("bread");
    const auto kept = desk.run("kept");
    desk.it().done(1, "");
    desk.it().kept(kept, Bytes(10));
    desk.errands.take();
    desk.made->stop(mode);
    EXPECT_TRUE(desk.made->census().is_empty());
    EXPECT_EQ(desk.shard.executor.timer_count(), 0u);
    EXPECT_FALSE(desk.made->events()->has_events());
    EXPECT_FALSE(desk.it().done(2, "late"));
    EXPECT_EQ(desk.call("milk").error().code, GuestCode::kClosed);
    EXPECT_EQ(desk.actor.drained_count, mode == actor::StopMode::kDrain ? 1 : 0);
  }
}

TEST(Operating, AnActorThatFailsAtARecordForgetsAll) {
  Desk desk;
  desk.run("milk");
  desk.actor.refuses_records = true;
  desk.it().done(1, "lost");
  EXPECT_FALSE(desk.made->events()->has_events());
}

/// A new instance with the history of `old`: its starts, then whatever `more` adds.
void restart(Desk& old, Desk& fresh, Nanoseconds away = {}) {
  const WallTime then = fresh.shard.clock.wall();
  for (const Desk::Past& past : old.history) {
    ASSERT_TRUE(fresh.made->fold_effect({past.function, past.arguments, past.id, Seq{9}, 0}, then));
  }
  for (const FakeActor::Recorded& record : old.actor.records) {
    actor::OperationPast past{{record.id, record.phase, record.attempt}, record.event, {}};
    past.origin.operation = record.id;
    past.origin.reference.seq = {77};
    ASSERT_TRUE(fresh.port().fold_record(past));
  }
  fresh.pass(away);
}

TEST(Operating, ARestartFollowsTheCrashRule) {
  Desk old("running_max = 8\n"), fresh("running_max = 8\n");
  for (const char* what : {"milk", "again", "look", "attach", "ended", "gone", "cancelled"}) {
    old.run(what);
  }
  old.it().done(5, "before the crash");
  restart(old, fresh, std::chrono::seconds(10));
  fresh.port().fold_delivered({6});
  fresh.port().fold_cancel({7});
  ASSERT_TRUE(fresh.made->recover());
  EXPECT_EQ(fresh.errands.take(), (Lines{"begin 3 look lookup", "begin 4 attach reattach"}))
      << "CHAIN-1: that 2 is done again is not durable";
  EXPECT_EQ(fresh.phase(2), "running 0");
  fresh.actor.write_records(fresh.port());
  EXPECT_EQ(fresh.errands.take(), Lines{"begin 2 again reissue"});
  EXPECT_EQ(fresh.errands.begun[2].number, 2u);
  EXPECT_EQ(fresh.errands.begun[2].seq, Seq{9});
  const auto interrupted = error(GuestCode::kInterrupted);
  EXPECT_EQ(fresh.take(), (Lines{"1* " + interrupted, "5* done before the crash",
                                 "7* " + error(GuestCode::kCancelled)}));
  ASSERT_EQ(fresh.actor.records.size(), 3u) << "an end that is recorded is not recorded again";
  EXPECT_EQ(fresh.actor.records[0].phase, chain::OperationPhase::kInterrupted);
  EXPECT_EQ(fresh.actor.records[1].phase, chain::OperationPhase::kReissued);
  EXPECT_EQ(fresh.actor.records[1].attempt, 2u);
  EXPECT_EQ(fresh.actor.records[2].phase, chain::OperationPhase::kCancelled);
  fresh.pass(std::chrono::seconds(20));
  EXPECT_EQ(fresh.take(),
            (Lines{"2* " + error(GuestCode::kDeadline), "3* " + error(GuestCode::kDeadline)}))
      << "the rest of the time counts by wall time; what stands has none";
}

TEST(Operating, ARestartBehindTheDeadlineEndsIt) {
  Desk old, fresh;
  old.run("again");
  restart(old, fresh, std::chrono::hours(1));
  ASSERT_TRUE(fresh.made->recover());
  EXPECT_EQ(fresh.errands.take(), Lines{});
  EXPECT_EQ(fresh.take(), Lines{"1* " + error(GuestCode::kDeadline)});
}

/// It has a slot and is not begun: its record is being written.
TEST(Operating, WhatEndsBeforeItIsDoneAgainIsNotBegun) {
  const std::function<void(Desk&)> ends[] = {
      [](Desk& desk) { desk.port().cancel({1}); },
      [](Desk& desk) { desk.pass(std::chrono::seconds(30)); },
      [](Desk& desk) { desk.made->stop(actor::StopMode::kKill); }};
  for (const auto& end : ends) {
    Desk old, fresh("running_max = 1\n");
    old.run("again");
    old.run("attach");
    restart(old, fresh);
    ASSERT_TRUE(fresh.made->recover());
    EXPECT_EQ(fresh.errands.take(), Lines{}) << "its slot is kept";
    end(fresh);
    for (const std::string& line : fresh.errands.take()) EXPECT_EQ(line, "begin 2 attach reattach");
    fresh.actor.write_records(fresh.port());
    EXPECT_EQ(fresh.errands.take(), Lines{}) << "neither begun nor aborted";
  }
}

TEST(Operating, ASnapshotKeepsWhatIsOpen) {
  Desk old, fresh;
  old.run("again");
  old.run("milk");
  old.run("bread");
  old.it().done(2, "two litres");
  ASSERT_TRUE(fresh.made->load(old.made->save()));
  EXPECT_EQ(fresh.made->save(), old.made->save());
  ASSERT_TRUE(fresh.made->recover());
  fresh.actor.write_records(fresh.port());
  EXPECT_EQ(fresh.errands.take(), Lines{"begin 1 again reissue"});
  EXPECT_EQ(fresh.take(), (Lines{"2* done two litres", "3* " + error(GuestCode::kInterrupted)}));
  const Bytes saved = old.made->save();
  for (std::size_t size = 1; size < saved.size(); ++size) {
    Desk broken;
    EXPECT_FALSE(broken.made->load(ByteSpan(saved).first(size))) << size;
  }
}

TEST(Operating, WhatIsOnlyPreparedIsHeldToNoDeadline) {
  Desk desk;
  desk.run("milk");
  desk.pass(std::chrono::seconds(10));
  ASSERT_TRUE(desk.call("bread"));  // its invocation waits for something else
  desk.pass(std::chrono::seconds(25));
  EXPECT_EQ(desk.take(), Lines{"1* " + error(GuestCode::kDeadline)});
  EXPECT_EQ(desk.shard.executor.timer_count(), 0u) << "nothing to wake up for";
  desk.pass(std::chrono::seconds(60));
  EXPECT_EQ(desk.shard.executor.timer_count(), 0u) << "a timer that is due again and again";
  EXPECT_EQ(desk.phase(2), "queued 0");
  desk.made->settle(actor::Settlement::kCommitted);
  desk.perform(desk.history[1]);
  desk.pass({});
  EXPECT_EQ(desk.take(), Lines{"2* " + error(GuestCode::kDeadline)});
}

TEST(Operating, TheListIsForPeople) {
  Desk desk;
  desk.run("milk");
  std::vector<actor::OperationView> views;
  desk.port().list(views);
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].family->name, "errand");
  EXPECT_EQ(views[0].family->calls[views[0].function].name, "run");
  EXPECT_EQ(to_bytes(views[0].arguments), arguments_of(std::string("milk")));
  EXPECT_EQ(*views[0].deadline, views[0].since + std::chrono::seconds(30));
}

// Waits.

struct Waits : Desk {
  Bytes result;
  actor::CallOutcome ask(std::string_view what) {
    return made->call(ErrandFamily::kFetch, arguments_of(std::string(what)), {Seq{3}, 0, 1},
                      result);
  }
  void let_through(std::string_view what, std::uint64_t ticket) {
    made->perform({ErrandFamily::kFetch, arguments_of(std::string(what)), 0, Seq{ticket}, ticket});
  }
  std::string answered(std::size_t index) {
    const auto data = *wasm::from_binary<Data>(actor.answers.at(index).result);
    return data ? std::string(as_text(*data)) : error(data.error().code);
  }
};

TEST(Waiting, RulesFollowFromTheCheck) {
  Waits desk;
  const auto& call = desk.family.info().calls[ErrandFamily::kFetch];
  EXPECT_EQ(call.nature, actor::Nature::kWait);
  EXPECT_EQ(wasm::to_wit(*call.type.result).find("result<list<u8>"), 0u);
  EXPECT_EQ(desk.ask("cached"), actor::CallOutcome::kReturn);
  EXPECT_EQ(as_text(**wasm::from_binary<Data>(desk.result)), "here");
  EXPECT_EQ(desk.ask("secret"), actor::CallOutcome::kDenied);
  EXPECT_EQ(desk.ask("milk"), actor::CallOutcome::kSuspend);
  EXPECT_TRUE(desk.result.empty());
}

TEST(Waiting, IsAnsweredOnce) {
  Waits desk;
  desk.let_through("milk", 5);
  EXPECT_EQ(desk.errands.take(), Lines{"fetch milk"});
  EXPECT_EQ(desk.made->census().operations, 1u);
  EXPECT_TRUE(desk.it().fetched(5, "two litres"));
  EXPECT_FALSE(desk.it().fetched(5, "again"));
  ASSERT_EQ(desk.actor.answers.size(), 1u);
  EXPECT_EQ(desk.answered(0), "two litres");
  EXPECT_EQ(desk.shard.executor.timer_count(), 0u);
}

TEST(Waiting, EndsAtTheDeadlineOfTheCall) {
  Waits desk;
  desk.let_through("milk", 5);
  desk.errands.take();
  desk.pass(std::chrono::seconds(10));
  EXPECT_EQ(desk.answered(0), error(GuestCode::kDeadline));
  EXPECT_EQ(desk.errands.take(), Lines{"over 5"});
  EXPECT_FALSE(desk.it().fetched(5, "late"));
  desk.let_through("bread", 6);
  EXPECT_TRUE(desk.it().fetched(6, "a loaf"));
}

TEST(Waiting, AStopInterrupts) {
  Waits desk;
  desk.let_through("milk", 5);
  desk.made->stop(actor::StopMode::kDrain);
  EXPECT_EQ(desk.answered(0), error(GuestCode::kInterrupted));
  EXPECT_TRUE(desk.made->census().is_empty());
  desk.let_through("bread", 6);
  EXPECT_EQ(desk.answered(1), error(GuestCode::kInterrupted)) << "performed after the stop";
}

}  // namespace
}  // namespace theater::host::testing
