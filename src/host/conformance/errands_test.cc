// The conformance set holds of a family with operations of every delivery and crash rule, a wait
// and events of its own.
#include "host/testing/errands.h"

#include "host/conformance/suite.h"

namespace theater::host::conformance {
namespace {

using testing::ErrandFamily;
using testing::ErrandInstance;
using testing::Errands;

struct OwnErrands {
  Errands errands;
};

/// With a hand of its own.
class Owned final : private OwnErrands, public Family {
 public:
  const actor::FamilyInfo& info() const override { return family_.info(); }
  Status check_grant(const actor::Setting& grant) const override {
    return family_.check_grant(grant);
  }
  Result<std::unique_ptr<actor::FamilyInstance>> create(const actor::Setting& grant,
                                                        const Context& context) const override {
    return family_.create(grant, context);
  }

 private:
  ErrandFamily family_{errands};
};

struct ErrandProvoker {
  static std::unique_ptr<Family> make() { return std::make_unique<Owned>(); }
  static constexpr std::string_view kGrant = "running_max = 3\nwaiting_max = 6\n";
  static constexpr std::uint64_t kBytesMax = 4096;
  static std::vector<std::string_view> wrong_grants() {
    return {"running_max = 0", "waiting_max = 1000", "time = 5", "[running_max]"};
  }

  static ErrandInstance& it(Rehearsal& rehearsal) {
    return static_cast<ErrandInstance&>(rehearsal.instance());
  }
  static Step run(const std::string& what) {
    return {"run " + what,
            [what](Rehearsal& rehearsal) { rehearsal.act("run", arguments_of(what)); }};
  }
  static std::vector<Call> calls() {
    return {{"run", arguments_of(std::string("milk"))}, {"run", arguments_of(std::string("kept"))}};
  }
  static std::vector<Step> script() {
    return {
        run("milk"),
        run("parts"),
        {"a part", [](Rehearsal& r) { it(r).push(2, "12345"); }},
        run("kept"),
        run("again"),
        run("look"),
        run("attach"),
        run("now"),
        {"an end", [](Rehearsal& r) { it(r).done(1, "two litres"); }},
        {"a batch", [](Rehearsal& r) { r.take(); }},
        {"a kept result", [](Rehearsal& r) { it(r).kept(3, Bytes(1000)); }},
        {"a failure", [](Rehearsal& r) { it(r).failed(4); }},
        {"a wait", [](Rehearsal& r) { r.call("fetch-wait", arguments_of(std::string("water"))); }},
        {"its answer",
         [](Rehearsal& r) { it(r).fetched(it(r).hand().tickets.empty() ? 0 : 1, "a glass"); }},
        {"its invocation's end", [](Rehearsal& r) { r.commit(); }},
        {"something heard", [](Rehearsal& r) { it(r).hear("a bell"); }},
    };
  }
  static void flood(Rehearsal& rehearsal) {
    for (int i = 0; i < 100; ++i) it(rehearsal).hear("noise");
  }
  static void finish(Rehearsal& rehearsal) {
    for (const std::uint64_t ticket : it(rehearsal).hand().tickets) {
      it(rehearsal).fetched(ticket, "at last");
    }
    rehearsal.commit();
    for (std::size_t i = 0; i < 10; ++i) {
      for (const std::uint64_t id : rehearsal.started()) it(rehearsal).done(id, "at last");
    }
    rehearsal.pass(kKeptTime);
  }
  static std::vector<Step> faults() {
    return {{"the remote fails",
             [](Rehearsal& r) {
               for (const std::uint64_t id : r.started()) it(r).failed(id);
             }},
            {"a completion comes twice",
             [](Rehearsal& r) {
               for (const std::uint64_t id : r.started()) it(r).done(id, "once"), it(r).failed(id);
             }},
            {"an unknown one completes", [](Rehearsal& r) {
               it(r).done(4711, "who?");
               it(r).fetched(4711, "what?");
             }}};
  }
  static std::vector<Step> denied() {
    return {run("secret"), {"fetch", [](Rehearsal& r) {
                              r.call("fetch-wait", arguments_of(std::string("secret")));
                            }}};
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Errands, Conformance, ErrandProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Errands, Repeatable, ErrandProvoker);

TEST(Rehearsal, TimesCallsThatBlock) {
  const auto family = ErrandProvoker::make();
  Rehearsal rehearsal(*family, ErrandProvoker::kGrant);
  rehearsal.act("run", arguments_of(std::string("milk")));
  EXPECT_LE(rehearsal.longest(), kHoldMax);
  rehearsal.act("run", arguments_of(std::string("blocked")));
  EXPECT_GT(rehearsal.longest(), kHoldMax);
}

}  // namespace
}  // namespace theater::host::conformance
