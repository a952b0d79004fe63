// The conformance set holds of the runtime: lines, identity, time, the end and its announcement.
#include "host/conformance/suite.h"
#include "hosts/runtime/family.h"
#include "hosts/runtime/instance.h"

namespace theater::host::conformance {
namespace {

struct RuntimeProvoker {
  static std::unique_ptr<Family> make() { return hosts::runtime::make_family(); }
  static constexpr std::string_view kGrant = "log_line_max = \"64B\"\nlog_rate = 5\n";
  static constexpr std::uint64_t kBytesMax = 0;
  static std::vector<std::string_view> wrong_grants() {
    return {"log_line_max = \"8B\"", "log_rate = 0", "log_rate = \"fast\"", "[log_rate]"};
  }

  static Bytes line(std::size_t size) {
    return arguments_of(LogLevel::kInfo, std::string(size, 'x'));
  }
  static Step act(const std::string& function, const Bytes& arguments) {
    return {function,
            [function, arguments](Rehearsal& rehearsal) { rehearsal.act(function, arguments); }};
  }
  static Step announce(actor::EndReason reason) {
    return {"an end is announced",
            [reason](Rehearsal& rehearsal) { rehearsal.instance().expect_stop(reason); }};
  }
  static Step batch() {
    return {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }};
  }
  /// Not `now`: it never falls, and so remembers what it told an invocation that never was.
  static std::vector<Call> calls() {
    return {{"log", line(10)}, {"self", {}}, {"stop", arguments_of(Bytes{1})}};
  }
  static std::vector<Step> script() {
    return {act("log", line(10)),
            act("log", line(200)),
            act("self", {}),
            act("now", {}),
            {"a second", [](Rehearsal& rehearsal) { rehearsal.pass(std::chrono::seconds(1)); }},
            act("now", {}),
            announce(actor::EndReason::kStop),
            batch(),
            announce(actor::EndReason::kRestart),
            announce(actor::EndReason::kFault),
            act("stop", arguments_of(Bytes{1, 2}))};
  }
  static void flood(Rehearsal& rehearsal) {
    for (int i = 0; i < 1000; ++i) rehearsal.act("log", line(10));
    rehearsal.pass(std::chrono::seconds(1));
    rehearsal.act("log", line(10));
  }
  /// The log says how many lines it has not.
  static bool is_flood_told(Rehearsal& rehearsal) {
    return std::ranges::any_of(rehearsal.shard().log.lines, [](const std::string& text) {
      return text.ends_with("995 lines over log_rate left out");
    });
  }
  static void finish(Rehearsal&) {}
  static std::vector<Step> faults() {
    return {{"the wall clock falls back", [](Rehearsal& rehearsal) {
               auto& clock = rehearsal.shard().clock;
               clock.set_wall(clock.wall() + -std::chrono::hours(3));
             }}};
  }
  static std::vector<Step> denied() { return {}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Runtime, Conformance, RuntimeProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Runtime, Repeatable, RuntimeProvoker);

}  // namespace
}  // namespace theater::host::conformance
