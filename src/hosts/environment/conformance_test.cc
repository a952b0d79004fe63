// The conformance set holds of variables: they are answers and nothing else.
#include "host/conformance/suite.h"
#include "hosts/environment/family.h"

namespace theater::host::conformance {
namespace {

struct EnvironmentProvoker {
  static std::unique_ptr<Family> make() {
    return hosts::environment::make_family({{"TZ", "UTC"},
                                            {"APP_NAME", "theater"},
                                            {"APP_LONG", std::string(65, 'x')},
                                            {"SECRET", "s3cret"}});
  }
  static constexpr std::string_view kGrant =
      "allow = [\"TZ\", \"UNSET\"]\nprefixes = [\"APP_\"]\nvalue_max = \"64B\"\n";
  static constexpr std::uint64_t kBytesMax = 0;
  static std::vector<std::string_view> wrong_grants() {
    return {"", "allow = [\"A=B\"]", "prefixes = [\"\"]", "allow = \"TZ\"",
            "allow = [\"TZ\"]\nvalue_max = 0"};
  }

  static Step get(const std::string& name) {
    return {name, [name](Rehearsal& rehearsal) { rehearsal.act("get", arguments_of(name)); }};
  }
  static std::vector<Call> calls() {
    return {{"get", arguments_of(std::string("TZ"))}, {"get", arguments_of(std::string("SECRET"))}};
  }
  static std::vector<Step> script() {
    return {get("TZ"), get("UNSET"), get("APP_NAME"), get("APP_LONG"), get("SECRET"), get("")};
  }
  static void flood(Rehearsal& rehearsal) {
    for (int i = 0; i < 1000; ++i) get("APP_LONG").run(rehearsal);
  }
  /// Each answer is "there is none".
  static bool is_flood_told(Rehearsal& rehearsal) {
    return std::ranges::all_of(rehearsal.results,
                               [](const Bytes& result) { return result == Bytes{0}; });
  }
  static void finish(Rehearsal&) {}
  static std::vector<Step> faults() { return {}; }
  static std::vector<Step> denied() { return {}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Environment, Conformance, EnvironmentProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Environment, Repeatable, EnvironmentProvoker);

}  // namespace
}  // namespace theater::host::conformance
