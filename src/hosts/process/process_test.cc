// Granted programs run without a shell; what they write comes with credit, what they are given
// arrives; every end, of the program, its deadline or the actor, leaves no process behind.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/fake_actor.h"
#include "hosts/process/family.h"
#include "hosts/process/machine.h"
#include "hosts/process/payload.h"
#include "hosts/process/spawn.h"
#include "io/spawn.h"

namespace theater::hosts::process {
namespace {

constexpr std::size_t kSpawn = 0, kWrite = 1, kSignal = 2;
constexpr std::string_view kGrant =
    "programs = { sh = \"/bin/sh\", cat = \"/bin/cat\", none = \"/no/such/program\" }\n"
    "directories = { tmp = \"/tmp\" }\nenvironment = { GREETING = \"hello\" }\n";

/// One that no other test has at the same time: sweeps go by it.
ActorId own_actor() {
  Bytes id(16);
  store_le(id.data(), static_cast<std::uint32_t>(::getpid()));
  return ActorId::from(id);
}

bool is_alive(pid_t id) { return ::kill(id, 0) == 0; }

struct Programs {
  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family = make_family();
  std::unique_ptr<actor::FamilyInstance> instance;
  std::uint64_t next_id = 1;
  std::string out, err, end;  // of all programs together

  explicit Programs(std::string_view more = "") {
    ::signal(SIGPIPE, SIG_IGN);  // as the node does
    actor.who.id = own_actor();
    const std::string grant = std::string(kGrant) + std::string(more);
    instance =
        *family->create(*actor::parse_settings(grant, "t.toml", {}), {shard.services, actor});
    // Not its first life, so that it looks for programs of earlier ones.
    EXPECT_TRUE(instance->load(instance->save()));
    EXPECT_TRUE(instance->recover());
  }
  ~Programs() {
    instance->stop(actor::StopMode::kKill);
    shard.executor.advance(Nanoseconds(0));
    EXPECT_TRUE(instance->census().is_empty());
    EXPECT_EQ(shard.descriptors.size(), 0u);
    EXPECT_EQ(shard.executor.timer_count(), 0u);
  }

  host::Started spawn(const std::string& program, const std::vector<std::string>& arguments,
                      const std::string& directory = "") {
    const Bytes call = host::arguments_of(program, arguments, directory);
    Bytes result;
    instance->call(kSpawn, call, {Seq{1}, 0, next_id}, result);
    instance->settle(actor::Settlement::kCommitted);
    auto started = *wasm::from_binary<host::Started>(result);
    if (started) instance->perform({kSpawn, call, next_id++, Seq{2}, 0});
    shard.executor.advance(Nanoseconds(0));
    return started;
  }
  host::Outcome effect(std::size_t function, const Bytes& call) {
    Bytes result;
    instance->call(function, call, {Seq{1}, 0, next_id}, result);
    instance->settle(actor::Settlement::kCommitted);
    auto outcome = *wasm::from_binary<host::Outcome>(result);
    if (outcome) instance->perform({function, call, 0, Seq{2}, 0});
    return outcome;
  }
  host::Outcome write(std::uint64_t op, std::optional<std::string_view> text) {
    std::optional<Bytes> data;
    if (text) data = to_bytes(as_bytes(*text));
    return effect(kWrite, host::arguments_of(op, data));
  }
  host::Outcome signal(std::uint64_t op, std::uint8_t number) {
    return effect(kSignal, host::arguments_of(op, number));
  }

  /// Takes what has come, waiting for real processes until `is_over` or ten seconds have passed.
  template <typename Condition>
  bool wait(Condition is_over) {
    for (int i = 0; i < 1000; ++i) {
      take();
      if (is_over()) return true;
      shard.descriptors.poll_for(Milliseconds(10));
      shard.executor.advance(Nanoseconds(0));
    }
    return false;
  }
  bool wait_end() {
    return wait([this] { return !end.empty(); });
  }
  void take() {
    for (const auto& event : host::FakeActor::take<Payload>(*instance->events())) {
      const auto& value = event.payload.value;
      if (value.index() == Payload::kStdout) out += as_text(std::get<Payload::kStdout>(value));
      if (value.index() == Payload::kStderr) err += as_text(std::get<Payload::kStderr>(value));
      if (value.index() != Payload::kEnded) continue;
      const Exit& exit = std::get<Payload::kEnded>(value);
      end += exit ? fmt::format("{} ", *exit)
                  : fmt::format("error {} ", static_cast<int>(exit.error().code));
      instance->operations()->delivered(OperationId{event.id});
    }
  }
  pid_t pid() {
    EXPECT_TRUE(wait([this] { return out.ends_with('\n'); }));
    return static_cast<pid_t>(std::stol(out));
  }
};

std::string error(host::GuestCode code) { return fmt::format("error {} ", static_cast<int>(code)); }

TEST(Process, RunsAProgramAndTellsWhatItSaid) {
  Programs programs;
  ASSERT_TRUE(programs.spawn("sh", {"-c", "echo out; echo err >&2; exit 3"}));
  ASSERT_TRUE(programs.wait_end());
  EXPECT_EQ(programs.out, "out\n");
  EXPECT_EQ(programs.err, "err\n");
  EXPECT_EQ(programs.end, "3 ");
}

TEST(Process, OneThatCannotBeWatchedIsEndedAndTold) {
  for (int nth = 1; nth <= 3; ++nth) {  // itself, its output, its error output
    Programs programs;
    programs.shard.descriptors.fail_nth(nth);
    ASSERT_TRUE(programs.spawn("sh", {"-c", "sleep 100"}));
    programs.take();
    EXPECT_EQ(programs.end, error(host::GuestCode::kFull)) << nth;
    EXPECT_EQ(programs.instance->census().operations, 0u);
  }
}

TEST(Process, GivesItOnlyWhatIsGranted) {
  Programs programs;
  ASSERT_TRUE(
      programs.spawn("sh", {"-c", "pwd; echo $GREETING $HOME $PATH; ls /proc/self/fd"}, "tmp"));
  ASSERT_TRUE(programs.wait_end());
  EXPECT_EQ(programs.out, "/tmp\nhello /usr/bin:/bin\n0\n1\n2\n3\n");  // 3: ls reads the list
}

TEST(Process, PassesArgumentsAsTheyAre) {
  Programs programs;
  ASSERT_TRUE(programs.spawn("sh", {"-c", "printf '%s|' \"$@\"", "x", "a b", "$(id)", "*", ""}));
  ASSERT_TRUE(programs.wait_end());
  EXPECT_EQ(programs.out, "a b|$(id)|*||");
}

TEST(Process, FeedsItsInputToTheEnd) {
  Programs programs;
  const auto op = programs.spawn("cat", {});
  ASSERT_TRUE(programs.write(*op, "one "));
  const std::string much(300'000, 'x');
  ASSERT_TRUE(programs.write(*op, much));
  ASSERT_TRUE(programs.write(*op, std::nullopt));
  ASSERT_TRUE(programs.wait([&] {
    programs.instance->operations()->more(OperationId{*op}, 1 << 20);
    return !programs.end.empty();
  }));
  EXPECT_EQ(programs.out, "one " + much);
  EXPECT_EQ(programs.end, "0 ");
  EXPECT_EQ(programs.write(*op, "late").error().code, host::GuestCode::kNotFound);
}

TEST(Process, InputThatNobodyReadsIsBounded) {
  Programs programs("stdin_max = \"64KiB\"\n");
  const auto op = programs.spawn("sh", {"-c", "sleep 60"});
  host::Outcome outcome;
  int writes = 0;
  for (; outcome && writes < 100; ++writes) outcome = programs.write(*op, std::string(16'384, 'x'));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, host::GuestCode::kFull);
  EXPECT_LT(writes, 12);  // the pipe takes 64 KiB, and as many wait
}

TEST(Process, OutputWaitsForCredit) {
  Programs programs;
  const auto op = programs.spawn("sh", {"-c", "head -c 1000000 /dev/zero"});
  programs.wait([&] { return programs.out.size() >= 256 * 1024; });
  for (int i = 0; i < 20; ++i) {
    programs.shard.descriptors.poll_for(Milliseconds(5));
    programs.shard.executor.advance(Nanoseconds(0));
    programs.take();
  }
  EXPECT_GE(programs.out.size(), 256u * 1024);
  EXPECT_LT(programs.out.size(), 256u * 1024 + 2 * 16 * 1024);
  EXPECT_EQ(programs.end, "");
  programs.instance->operations()->more(OperationId{*op}, 1 << 20);
  ASSERT_TRUE(programs.wait_end());
  EXPECT_EQ(programs.out.size(), 1'000'000u);
}

TEST(Process, SignalsReachTheWholeGroup) {
  Programs programs;
  const auto op = programs.spawn("sh", {"-c", "sleep 60 & echo $!; wait"});
  const pid_t inner = programs.pid();
  EXPECT_EQ(programs.signal(*op, 0).error().code, host::GuestCode::kInvalid);
  EXPECT_EQ(programs.signal(77, SIGTERM).error().code, host::GuestCode::kNotFound);
  ASSERT_TRUE(programs.signal(*op, SIGTERM));
  ASSERT_TRUE(programs.wait_end());
  EXPECT_EQ(programs.end, "-15 ");
  EXPECT_TRUE(programs.wait([&] { return !is_alive(inner); }));
}

TEST(Process, WhoeverIsLeftWhenItExitsIsEnded) {
  Programs programs;
  ASSERT_TRUE(programs.spawn("sh", {"-c", "sleep 60 & echo $!"}));
  const pid_t inner = programs.pid();
  ASSERT_TRUE(programs.wait_end());
  EXPECT_EQ(programs.end, "0 ");
  EXPECT_TRUE(programs.wait([&] { return !is_alive(inner); }));
}

TEST(Process, ADeadlineOrCancelKillsTheGroup) {
  for (const bool is_cancelled : {false, true}) {
    Programs programs("runtime = \"5s\"\n");
    const auto op = programs.spawn("sh", {"-c", "trap '' TERM; sleep 60 & echo $!; wait"});
    const pid_t inner = programs.pid();
    if (is_cancelled) programs.instance->operations()->cancel(OperationId{*op});
    if (!is_cancelled) programs.shard.executor.advance(std::chrono::seconds(5));
    ASSERT_TRUE(programs.wait_end());
    EXPECT_EQ(programs.end,
              error(is_cancelled ? host::GuestCode::kCancelled : host::GuestCode::kDeadline));
    EXPECT_TRUE(programs.wait([&] { return !is_alive(inner); }));
  }
}

/// It may take its time to go, or for ever: nothing that is short waits behind it.
TEST(Process, WhoWasKilledIsWaitedForAsWhatIsLong) {
  Programs programs;
  ASSERT_TRUE(programs.spawn("sh", {"-c", "exec sleep 60"}));
  EXPECT_EQ(programs.shard.workers.long_jobs(), 0u);
  programs.instance->operations()->cancel({1});
  EXPECT_EQ(programs.shard.workers.long_jobs(), 1u);
  EXPECT_TRUE(programs.wait_end());
}

TEST(Process, TheActorsEndEndsEvenWhoLeftTheGroup) {
  Programs programs;
  ASSERT_TRUE(programs.spawn("sh", {"-c", "setsid sh -c 'echo $$; exec sleep 60' & wait"}));
  const pid_t far = programs.pid();
  programs.instance->stop(actor::StopMode::kKill);
  EXPECT_TRUE(programs.instance->census().is_empty());
  programs.shard.executor.advance(Nanoseconds(0));
  EXPECT_TRUE(programs.wait([&] { return !is_alive(far); }));
}

TEST(Process, WhatACrashLeftIsEndedBeforeAnythingStarts) {
  auto left = spawn({.path = "/bin/sh",
                     .arguments = {"-c", "exec sleep 60"},
                     .environment = {},
                     .mark = own_actor().hex() + ".0123"});
  auto other = spawn({.path = "/bin/sleep",
                      .arguments = {"60"},
                      .environment = {},
                      .mark = "another." + own_actor().hex()});
  ASSERT_TRUE(left && other);
  Programs programs;
  ASSERT_TRUE(programs.spawn("sh", {"-c", "echo started"}));
  ASSERT_TRUE(programs.wait_end());
  EXPECT_EQ(programs.out, "started\n");
  EXPECT_EQ(io::wait_for_exit(std::exchange(left->id, 0)), -SIGKILL);
  EXPECT_TRUE(is_alive(other->id));  // another actor's
}

TEST(Process, AProgramThatIsAbortedWhileItStartsIsEnded) {
  Programs programs;
  const Bytes call = host::arguments_of(std::string("sh"),
                                        std::vector<std::string>{"-c", "sleep 60"}, std::string());
  Bytes result;
  programs.shard.executor.advance(Nanoseconds(0));
  programs.instance->call(kSpawn, call, {Seq{1}, 0, 1}, result);
  programs.instance->settle(actor::Settlement::kCommitted);
  programs.instance->perform({kSpawn, call, 1, Seq{2}, 0});
  programs.instance->operations()->cancel(OperationId{1});
  programs.shard.executor.advance(Nanoseconds(0));
  programs.take();
  EXPECT_EQ(programs.end, error(host::GuestCode::kCancelled));
}

TEST(Process, RefusesWhatIsNotGrantedAndTellsWhatIsNotThere) {
  Programs programs("arguments_max = 16\n");
  EXPECT_EQ(programs.spawn("bash", {}).error().code, host::GuestCode::kDenied);
  EXPECT_EQ(programs.spawn("/bin/sh", {}).error().code, host::GuestCode::kDenied);
  EXPECT_EQ(programs.spawn("sh", {}, "etc").error().code, host::GuestCode::kDenied);
  EXPECT_EQ(programs.spawn("sh", {}, "tmp/../etc").error().code, host::GuestCode::kDenied);
  EXPECT_EQ(programs.spawn("sh", {std::string(16, 'x')}).error().code, host::GuestCode::kTooLarge);
  EXPECT_EQ(programs.spawn("sh", {std::string("a\0b", 3)}).error().code, host::GuestCode::kInvalid);
  ASSERT_TRUE(programs.spawn("none", {}));
  ASSERT_TRUE(programs.spawn("sh", {}, "tmp/no-such-directory"));
  ASSERT_TRUE(programs.wait([&] { return programs.end.size() > 9; }));
  EXPECT_EQ(programs.end, error(host::GuestCode::kNotFound) + error(host::GuestCode::kNotFound));
}

TEST(Process, ItsGrantIsStrict) {
  const auto check = [](std::string_view text) {
    const auto status = make_family()->check_grant(*actor::parse_settings(text, "d/t.toml", {}));
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(check(kGrant), "");
  for (const char* bad : {"", "programs = {}\n", "programs = { a = \"relative\" }\n",
                          "programs = { a = \"/a\" }\nenvironment = { THEATER_PROCESS = \"x\" }\n",
                          "programs = { a = \"/a\" }\nruntime = \"0s\"\n",
                          "programs = { a = \"/a\" }\ndirectories = { \"a/b\" = \"x\" }\n"}) {
    EXPECT_NE(check(bad), "") << bad;
  }
}

std::string row(ChildState state) {
  constexpr std::string_view kStates[] = {"starting", "doomed", "running", "exited", "ended"};
  constexpr std::string_view kInputs[] = {"spawned", "spawn-failed", "exit", "drained", "abort"};
  constexpr std::string_view kActions[] = {"watch", "end-group", "reap", "close", "tell"};
  std::string text(kStates[static_cast<std::size_t>(state)]);
  for (std::size_t i = 0; i < std::size(kInputs); ++i) {
    host::Machine<kChildTable> machine(state);
    const auto step = machine.step(static_cast<ChildInput>(i));
    if (step.ignored) continue;
    text +=
        fmt::format("\n  {}: {}", kInputs[i], kStates[static_cast<std::size_t>(machine.state())]);
    for (const ChildAction action : step.actions) {
      text += fmt::format(" {}", kActions[static_cast<std::size_t>(action)]);
    }
  }
  return text;
}

TEST(ChildMachine, Table) {
  EXPECT_EQ(row(ChildState::kStarting),
            "starting\n  spawned: running watch\n  spawn-failed: ended tell\n  abort: doomed");
  EXPECT_EQ(row(ChildState::kDoomed),
            "doomed\n  spawned: ended end-group reap close\n  spawn-failed: ended");
  EXPECT_EQ(row(ChildState::kRunning),
            "running\n  exit: exited end-group reap\n  abort: ended end-group reap close");
  EXPECT_EQ(row(ChildState::kExited), "exited\n  drained: ended close tell\n  abort: ended close");
  EXPECT_EQ(row(ChildState::kEnded), "ended");
}

}  // namespace
}  // namespace theater::hosts::process
