// Whatever a guest does wrong ends that invocation alone and is an event with its reason; its state
// and its outputs are as if it had not run, the actor goes on, the chain verifies and replays.
#include <gmock/gmock.h>

#include "replay/testing/replay_node.h"
#include "store/verify.h"

namespace theater::replay {
namespace {

using chain::TrapReason;

struct Edit {
  std::string_view from, to;
};

/// A way to be hostile: what probe.wat's command "t" does instead of `unreachable`, and further
/// changes to its text.
struct Hostile {
  const char* name;
  const char* command;
  TrapReason reason;
  const char* says;  // part of the recorded text
  std::vector<Edit> edits;
};

// Answers of the handler: a result area at 16 with a discriminant and, at 20, a pointer and length.
#define ANSWER(discriminant, pointer, length)                             \
  "(i32.store8 (i32.const 16) (i32.const " discriminant                   \
  ")) (i32.store (i32.const 20) "                                         \
  "(i32.const " pointer ")) (i32.store (i32.const 24) (i32.const " length \
  "))"                                                                    \
  "(return (i32.const 16))"

// Arms what is hostile outside the handler: a byte that the edits below look at.
constexpr const char* kArm = "(i32.store8 (i32.const 2000) (i32.const 1))";
#define IF_ARMED(code) "(if (i32.load8_u (i32.const 2000)) (then " code "))"

constexpr std::string_view kRealloc = "(local.set $at (i32.and (i32.add (global.get $next)";
#define REALLOC(code) \
  {kRealloc, IF_ARMED(code) "(local.set $at (i32.and (i32.add (global.get $next)"}
constexpr std::string_view kPost = "(param i32) (call $reset))";
constexpr std::string_view kGuestEnd = "(func $double";

const Hostile kHostiles[] = {
    // Core faults.
    {"an assertion", "(unreachable)", TrapReason::kTrap, "unreachable", {}},
    {"a load outside memory",
     "(drop (i32.load (i32.const -4)))",
     TrapReason::kTrap,
     "out of bounds memory",
     {}},
    {"a division by zero",
     "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
     TrapReason::kTrap,
     "divide by zero",
     {}},
    {"deep recursion",
     "(call $deep)",
     TrapReason::kTrap,
     "stack",
     {{kGuestEnd, "(func $deep (call $deep)) (func $double"}}},
    {"an endless loop", "(loop $on (br $on))", TrapReason::kDeadline, "", {}},
    {"memory to the limit, then one more",
     "(loop $on (br_if $on (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))"
     "(i32.store8 (i32.mul (memory.size) (i32.const 65536)) (i32.const 1))",
     TrapReason::kTrap,
     "out of bounds memory",
     {}},

    // Results that break the canonical ABI.
    {"a result area outside memory", "(return (i32.const -8))", TrapReason::kTrap, "", {}},
    {"a result area at the last byte", "(return (i32.const 131068))", TrapReason::kTrap, "", {}},
    {"a result area out of line", "(return (i32.const 18))", TrapReason::kTrap, "", {}},
    {"an unknown case", ANSWER("7", "0", "0"), TrapReason::kTrap, "", {}},
    {"a state outside memory", ANSWER("0", "-16", "8"), TrapReason::kTrap, "", {}},
    {"a state whose end overflows", ANSWER("0", "16", "-1"), TrapReason::kTrap, "", {}},
    {"a state as long as an address space", ANSWER("0", "0", "-1"), TrapReason::kTrap, "", {}},
    {"a state over its limit",
     "(drop (memory.grow (i32.const 40)))" ANSWER("0", "0", "2000000"),
     TrapReason::kLimit,
     "state_max",
     {}},
    {"an error text outside memory", ANSWER("1", "-2", "2"), TrapReason::kTrap, "", {}},
    {"an error text that is no UTF-8",
     "(i32.store8 (i32.const 900) (i32.const 255))" ANSWER("1", "900", "1"),
     TrapReason::kTrap,
     "",
     {}},
    {"an error text cut short",
     "(i32.store8 (i32.const 900) (i32.const 0xC3))" ANSWER("1", "900", "1"),
     TrapReason::kTrap,
     "",
     {}},
    {"a surrogate in the error text",
     "(i32.store (i32.const 900) (i32.const 0x80A0ED))" ANSWER("1", "900", "3"),
     TrapReason::kTrap,
     "",
     {}},

    // Host calls.
    {"an argument outside memory",
     "(call $effect (i64.const 0) (i32.const -8) (i32.const 16))",
     TrapReason::kTrap,
     "",
     {}},
    {"an argument whose end overflows",
     "(call $effect (i64.const 0) (i32.const 4096) (i32.const -1))",
     TrapReason::kTrap,
     "",
     {}},
    {"a return area outside memory",
     "(call $may (i64.const 0) (i32.const -8))",
     TrapReason::kTrap,
     "",
     {}},
    {"a return area out of line",
     "(call $may (i64.const 0) (i32.const 65))",
     TrapReason::kTrap,
     "",
     {}},
    {"endless effects",
     "(loop $on (call $effect (i64.const 0) (i32.const 1024) (i32.const 6)) (br $on))",
     TrapReason::kLimit,
     "",
     {}},
    {"effects of endless size",
     "(drop (memory.grow (i32.const 40)))"
     "(loop $on (call $effect (i64.const 0) (i32.const 0) (i32.const 2000000)) (br $on))",
     TrapReason::kLimit,
     "",
     {}},
    {"an effect, then a fault",
     "(call $effect (i64.const 0) (i32.const 1024) (i32.const 6)) (unreachable)",
     TrapReason::kTrap,
     "unreachable",
     {}},

    // realloc and post-return.
    {"realloc outside memory", kArm, TrapReason::kTrap, "", {REALLOC("(return (i32.const -64))")}},
    {"realloc at the end of memory",
     kArm,
     TrapReason::kTrap,
     "",
     {REALLOC("(return (i32.const 131064))")}},
    {"realloc out of line", kArm, TrapReason::kTrap, "", {REALLOC("(return (i32.const 4097))")}},
    {"realloc with a fault", kArm, TrapReason::kTrap, "unreachable", {REALLOC("(unreachable)")}},
    {"realloc without end", kArm, TrapReason::kDeadline, "", {REALLOC("(loop $on (br $on))")}},
    {"realloc that calls the host",
     kArm,
     TrapReason::kTrap,
     "cannot leave",
     {REALLOC("(drop (call_indirect (type $read) (i32.const 0)))"),
      {"(memory (export \"memory\") 2)",
       "(memory (export \"memory\") 2) (table (export \"table\") 1 funcref)"
       "(type $read (func (result i64)))"},
      {"(data (i32.const 1024) \"effect\")",
       "(data (i32.const 1024) \"effect\") (elem (i32.const 0) func $read)"},
      {"(import \"memory\" \"reset\" (func $reset))",
       "(import \"memory\" \"reset\" (func $reset)) (import \"memory\" \"table\" (table 1 "
       "funcref))"}}},
    {"a fault in post-return",
     kArm,
     TrapReason::kTrap,
     "unreachable",
     {{kPost, "(param i32) " IF_ARMED("(unreachable)") "(call $reset))"}}},
    {"post-return without end",
     kArm,
     TrapReason::kDeadline,
     "",
     {{kPost, "(param i32) " IF_ARMED("(loop $on (br $on))") "(call $reset))"}}},
    {"post-return that calls the host",
     kArm,
     TrapReason::kTrap,
     "cannot leave",
     {{kPost, "(param i32) " IF_ARMED("(drop (call $read))") "(call $reset))"}}},
};

Bytes component_of(const Hostile& hostile) {
  std::ifstream file(THEATER_PROBE_WAT);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto edit = [&](std::string_view from, std::string_view to) {
    const std::size_t place = text.find(from);
    ASSERT_NE(place, std::string::npos) << from;
    text.replace(place, from.size(), to);
  };
  edit("(then (unreachable)))  ;; t", fmt::format("(then {}))", hostile.command));
  for (const Edit& each : hostile.edits) edit(each.from, each.to);
  auto wasm = wasm::wat_to_wasm(text);
  EXPECT_TRUE(wasm) << wasm.error().message;
  return wasm.value_or(Bytes());
}

/// One hostile actor.
struct World : testing::ReplayNode {
  World() : ReplayNode(11) {}
  void start_hostile(const Bytes& component, std::string_view deadline) {
    wasm = component;
    manifest_text = fmt::format(
        "name = \"hostile\"\ncomponent = \"x\"\non_error = \"keep\"\n[grants.probe]\n"
        "[limits]\nmemory = \"4MiB\"\nstate_max = \"1MiB\"\ndeadline = \"{}\"\n",
        deadline);
    open();
    start();
  }
};

std::vector<TrapReason> recorded_traps(World& world) {
  std::vector<TrapReason> reasons;
  const Status read = world.history()->for_each({}, [&](const store::StoredEvent& event) {
    if (event.record.kind == chain::Kind::kTrap) {
      reasons.push_back(std::get<chain::TrapBody>(event.record.body).reason);
    }
    return Result<store::ActorHistory::Visit>(store::ActorHistory::Visit::kContinue);
  });
  EXPECT_TRUE(read);
  return reasons;
}

void expect_chain_holds(World& world) {
  const auto verified = store::verify(world.disk, "/data", {});
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_TRUE(verified->good()) << verified->bad->reason;
  testing::expect_equal(world.replay());
}

class HostileGuests : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileGuests, HarmOneInvocation) {
  const Hostile& hostile = GetParam();
  World world;
  // Only who is meant to meet the deadline gets a short one.
  world.start_hostile(component_of(hostile),
                      hostile.reason == TrapReason::kDeadline ? "200ms" : "30s");
  world.tell("+e");
  ASSERT_EQ(world.state(), "+");
  world.tell("t");
  if (world.actor->status().failures == 0) world.tell("+");  // armed: hostile from now on
  const actor::ActorStatus status = world.actor->status();
  EXPECT_EQ(status.failures, 1u);
  EXPECT_EQ(status.phase, actor::Phase::kRunning);
  EXPECT_FALSE(status.has_instance);
  EXPECT_THAT(status.last_error, ::testing::HasSubstr(hostile.says));
  EXPECT_EQ(world.state(), "+");
  EXPECT_EQ(world.script.count("perform effect"), 1u) << "only that of the good invocation";
  world.tell("+e");
  EXPECT_EQ(world.state(), "++");
  EXPECT_EQ(world.script.count("perform effect"), 2u);
  world.kill();
  EXPECT_EQ(recorded_traps(world), std::vector{hostile.reason});
  expect_chain_holds(world);
}

INSTANTIATE_TEST_SUITE_P(Table, HostileGuests, ::testing::ValuesIn(kHostiles),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           std::ranges::replace_if(
                               name, [](char c) { return !std::isalnum(c); }, '_');
                           return name;
                         });

}  // namespace
}  // namespace theater::replay
