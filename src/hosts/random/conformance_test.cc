// The conformance set holds of random bytes, of either source: they are answers and nothing else.
#include "host/conformance/suite.h"
#include "hosts/random/family.h"

namespace theater::host::conformance {
namespace {

struct RandomProvoker {
  static std::unique_ptr<Family> make() { return hosts::random::make_family(); }
  static constexpr std::string_view kGrant = "bytes_max = \"1KiB\"\n";
  static constexpr std::uint64_t kBytesMax = 0;
  static std::vector<std::string_view> wrong_grants() {
    return {"source = \"weak\"", "source = 1", "bytes_max = 0", "bytes_max = \"2MiB\"",
            "[bytes_max]"};
  }

  static Step get(std::uint32_t count) {
    return {fmt::format("{} bytes", count),
            [count](Rehearsal& rehearsal) { rehearsal.act("get-bytes", arguments_of(count)); }};
  }
  static std::vector<Call> calls() {
    return {{"get-bytes", arguments_of(32u)}, {"get-bytes", arguments_of(2000u)}};
  }
  static std::vector<Step> script() { return {get(0), get(32), get(1024), get(1025), get(32)}; }
  static void flood(Rehearsal& rehearsal) {
    for (int i = 0; i < 1000; ++i) get(UINT32_MAX).run(rehearsal);
  }
  /// Each answer says so.
  static bool is_flood_told(Rehearsal& rehearsal) {
    return std::ranges::all_of(rehearsal.results, [](const Bytes& result) {
      return is_refusal(result, GuestCode::kTooLarge);
    });
  }
  static void finish(Rehearsal&) {}
  static std::vector<Step> faults() { return {}; }
  static std::vector<Step> denied() { return {}; }
};

struct SeededProvoker : RandomProvoker {
  static constexpr std::string_view kGrant = "source = \"seeded\"\nbytes_max = \"1KiB\"\n";
};

INSTANTIATE_TYPED_TEST_SUITE_P(Random, Conformance, RandomProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Random, Repeatable, RandomProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(RandomSeeded, Conformance, SeededProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(RandomSeeded, Repeatable, SeededProvoker);

}  // namespace
}  // namespace theater::host::conformance
