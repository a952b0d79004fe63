// The conformance set holds of terminals, on a real pseudo terminal; and what a terminal alone
// promises: raw mode is undone by every end, slow ones hold nobody up, one actor has each.
#include <sys/wait.h>

#include "host/conformance/suite.h"
#include "hosts/terminal/family.h"
#include "hosts/terminal/payload.h"
#include "hosts/terminal/pty.h"

namespace theater::host::conformance {
namespace {

using hosts::terminal::Payload;
using hosts::terminal::Pty;

Pty& pty() {
  static Pty made;
  return made;
}

std::string grant() { return fmt::format("device = \"{}\"\n", pty().path()); }

/// This program is its own keeper.
std::unique_ptr<Family> make_family() {
  return hosts::terminal::make_family({"/proc/self/exe", io::process_environment()});
}

struct TerminalProvoker {
  static std::unique_ptr<Family> make() { return make_family(); }
  static inline const std::string kGrant = grant() + "out_max = 4096\nqueue_items = 8\n";
  static constexpr std::uint64_t kBytesMax = 64 * 1024;
  static std::vector<std::string_view> wrong_grants() {
    return {"device = 1", "device = \"tty\"", "out_max = 0", "queue_items = 1"};
  }
  static bool is_at_rest(const actor::Census& census) {
    if (census.is_empty()) return true;  // it is gone
    return census.descriptors == 2 && census.timers == 1 && census.bytes == 0;
  }
  static Step act(const std::string& function, const Bytes& arguments) {
    return {function,
            [function, arguments](Rehearsal& rehearsal) { rehearsal.act(function, arguments); }};
  }
  static Step type(const std::string& keys) {
    return {"keys", [keys](Rehearsal& rehearsal) {
              pty().type(keys);
              rehearsal.shard().descriptors.poll_for(Milliseconds(100));
            }};
  }
  static Step write(std::string_view text) {
    return act("write", arguments_of(to_bytes(as_bytes(text))));
  }
  static std::vector<Call> calls() {
    return {{"write", arguments_of(to_bytes(as_bytes("x")))}, {"set-raw", arguments_of(true)}};
  }
  static std::vector<Step> script() {
    return {{"a fresh terminal",
             [](Rehearsal& rehearsal) {
               pty().look(0);
               pty().resize(80, 24);
               rehearsal.pass(std::chrono::seconds(1));
             }},
            act("set-raw", arguments_of(true)),
            type("k"),
            {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }},
            write("hello"),
            {"another size",
             [](Rehearsal& rehearsal) {
               pty().resize(100, 30);
               rehearsal.pass(std::chrono::seconds(1));
             }},
            act("set-raw", arguments_of(false)),
            type("line\n")};
  }
  /// More than it may show while nobody looks.
  static void flood(Rehearsal& rehearsal) {
    const std::string page(1000, 'x');
    for (int i = 0; i < 100; ++i) write(page).run(rehearsal);
    rehearsal.shard().descriptors.poll_for(Nanoseconds(0));
  }
  static void finish(Rehearsal& rehearsal) {
    for (int i = 0; i < 5; ++i) {
      pty().look(0);
      rehearsal.shard().descriptors.poll_for(Nanoseconds(0));
    }
  }
  static std::vector<Step> faults() { return {}; }
  static std::vector<Step> denied() { return {}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Terminal, Conformance, TerminalProvoker);

struct Terminal : ::testing::Test {
  Pty screen;
  const std::unique_ptr<Family> family = make_family();
  const std::string text = fmt::format("device = \"{}\"\n", screen.path());

  static std::vector<std::size_t> kinds(const std::vector<Bytes>& events) {
    std::vector<std::size_t> all;
    for (const Bytes& event : events) {
      all.push_back(wasm::from_binary<Event<Payload>>(event)->payload.value.index());
    }
    return all;
  }
  void go_raw(Rehearsal& rehearsal) const {
    rehearsal.act("set-raw", arguments_of(true));
    rehearsal.pass({});  // its keeper comes
    EXPECT_TRUE(screen.is_raw());
  }
};

TEST_F(Terminal, EveryEndLeavesItAsItWas) {
  for (const auto mode : {actor::StopMode::kDrain, actor::StopMode::kKill}) {
    Rehearsal rehearsal(*family, text);
    go_raw(rehearsal);
    rehearsal.instance().stop(mode);
    rehearsal.pass(std::chrono::seconds(2));
    EXPECT_FALSE(screen.is_raw());
    EXPECT_NE(screen.look().find("\x1b[?25h"), std::string::npos) << "the cursor is shown";
  }
}

TEST_F(Terminal, OrdersWithoutRawModeAreTakenBackToo) {
  Rehearsal rehearsal(*family, text);
  rehearsal.act("write", arguments_of(to_bytes(as_bytes("plain"))));
  rehearsal.pass({});
  rehearsal.act("write", arguments_of(to_bytes(as_bytes("\x1b[?25l\x1b[?1003h"))));
  rehearsal.pass({});
  screen.look();
  rehearsal.instance().stop(actor::StopMode::kKill);
  rehearsal.pass(std::chrono::seconds(2));
  const std::string after = screen.look();
  EXPECT_NE(after.find("\x1b[?25h"), std::string::npos) << "the cursor is shown";
  EXPECT_NE(after.find("\x1b[?1003l"), std::string::npos) << "the mouse is let go";
}

TEST_F(Terminal, PlainTextIsFollowedByNothing) {
  Rehearsal rehearsal(*family, text);
  rehearsal.act("write", arguments_of(to_bytes(as_bytes("plain"))));
  rehearsal.pass({});
  rehearsal.instance().stop(actor::StopMode::kKill);
  rehearsal.pass(std::chrono::seconds(2));
  EXPECT_EQ(screen.look(), "plain");
}

/// No shard waits for its program to be loaded, and nothing is put at risk before.
TEST_F(Terminal, ItsKeeperIsStartedByAWorkerAndRawModeWaitsForIt) {
  Rehearsal rehearsal(*family, text);
  EXPECT_EQ(rehearsal.shard().workers.done(), 0u);
  rehearsal.act("set-raw", arguments_of(true));
  rehearsal.act("write", arguments_of(to_bytes(as_bytes("drawn\n"))));
  EXPECT_FALSE(screen.is_raw());
  EXPECT_EQ(screen.look(0), "");
  rehearsal.pass({});
  EXPECT_EQ(rehearsal.shard().workers.done(), 1u);
  EXPECT_TRUE(screen.is_raw());
  EXPECT_EQ(screen.look(), "drawn\n") << "as raw mode shows it";
}

TEST_F(Terminal, AnEndBeforeItsKeeperCameLeavesItAsItWas) {
  for (const auto mode : {actor::StopMode::kDrain, actor::StopMode::kKill}) {
    Rehearsal rehearsal(*family, text);
    rehearsal.act("set-raw", arguments_of(true));
    rehearsal.instance().stop(mode);
    rehearsal.pass(std::chrono::seconds(2));
    EXPECT_TRUE(rehearsal.instance().census().is_empty());
    EXPECT_FALSE(screen.is_raw());
  }
}

TEST_F(Terminal, WithoutAKeeperItIsGivenBackBeforeAnythingIsChanged) {
  for (const std::string program : {"", "/nothing/here", "/bin/false"}) {
    const auto unkept = hosts::terminal::make_family({program, {}});
    Rehearsal rehearsal(*unkept, text);
    rehearsal.act("set-raw", arguments_of(true));
    EXPECT_FALSE(screen.is_raw());
    rehearsal.pass({});
    EXPECT_FALSE(screen.is_raw());
    EXPECT_EQ(kinds(rehearsal.take_all()).back(), Payload::kClosed) << program;
    EXPECT_EQ(rehearsal.shard().log.lines.size(), 1u);
    EXPECT_TRUE(rehearsal.instance().census().is_empty());
  }
}

TEST_F(Terminal, ANodeThatIsKilledLeavesItAsItWas) {
  const pid_t node = ::fork();
  if (node == 0) {
    Rehearsal rehearsal(*family, text);
    go_raw(rehearsal);
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(node, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  std::string seen;
  for (int i = 0; i < 100 && seen.find("\x1b[?25h") == std::string::npos; ++i) {
    seen += screen.look(50);  // the keeper takes a moment
  }
  EXPECT_NE(seen.find("\x1b[?25h"), std::string::npos);
  EXPECT_FALSE(screen.is_raw());
}

TEST_F(Terminal, ARestartIsToldBeforeTheSize) {
  Rehearsal rehearsal(*family, text);
  EXPECT_EQ(kinds(rehearsal.take_all()), (std::vector<std::size_t>{Payload::kResized}));
  go_raw(rehearsal);
  rehearsal.crash(Nanoseconds(0));
  EXPECT_FALSE(screen.is_raw());
  EXPECT_EQ(kinds(rehearsal.take_all()),
            (std::vector<std::size_t>{Payload::kInterrupted, Payload::kResized}));
}

TEST_F(Terminal, WhatIsGoneIsToldOnceAndClosedAfterwards) {
  Rehearsal rehearsal(*family, text);
  rehearsal.take_all();
  screen.hang_up();
  rehearsal.shard().descriptors.poll_for(Milliseconds(100));
  EXPECT_EQ(kinds(rehearsal.take_all()), (std::vector<std::size_t>{Payload::kClosed}));
  EXPECT_TRUE(rehearsal.instance().census().is_empty());
  const Bytes result = rehearsal.act("write", arguments_of(to_bytes(as_bytes("x"))));
  EXPECT_TRUE(is_refusal(result, GuestCode::kClosed));
}

TEST_F(Terminal, AnotherActorIsRefusedAsLongAsOneHasIt) {
  FakeShard shard;
  FakeActor actor;
  const auto other =
      *family->create(*actor::parse_settings(text, "test.toml", {}), {shard.services, actor});
  {
    const Rehearsal rehearsal(*family, text);
    const Status refused = other->recover();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kConflict);
  }
  EXPECT_TRUE(other->recover());
  other->stop(actor::StopMode::kKill);
}

TEST_F(Terminal, WhatWasWrittenIsShownBeforeTheEnd) {
  Rehearsal rehearsal(*family, text);
  const std::string page(3000, 'x');
  for (int i = 0; i < 10; ++i) rehearsal.act("write", arguments_of(to_bytes(as_bytes(page))));
  rehearsal.instance().stop(actor::StopMode::kDrain);
  std::string seen;
  for (int i = 0; i < 100 && rehearsal.actor().drained_count == 0; ++i) {
    seen += screen.look(0);
    rehearsal.shard().descriptors.poll_for(Milliseconds(1));
  }
  seen += screen.look(0);
  EXPECT_EQ(std::ranges::count(seen, 'x'), 30'000);
  EXPECT_EQ(rehearsal.actor().drained_count, 1);
}

}  // namespace
}  // namespace theater::host::conformance
