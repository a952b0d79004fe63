// A guest sees granted variables as they were at the start; what is not granted, not set, not UTF-8
// or too long looks the same to it: none.
#include <gtest/gtest.h>

#include "host/fake_actor.h"
#include "hosts/environment/family.h"
#include "hosts/environment/grant.h"

namespace theater::hosts::environment {
namespace {

std::string check(std::string_view grant) {
  const auto status = make_family({})->check_grant(*actor::parse_settings(grant, "t.toml", {}));
  return status ? std::string() : status.error().message;
}

struct Variables {
  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family = make_family({{"TZ", "UTC"},
                                                      {"APP_NAME", "theater"},
                                                      {"APP", "bare"},
                                                      {"EMPTY", ""},
                                                      {"LONG", std::string(65, 'x')},
                                                      {"BROKEN", "\xff\xfe"},
                                                      {"SECRET", "s3cret"}});
  std::unique_ptr<actor::FamilyInstance> instance;

  explicit Variables(std::string_view grant) {
    instance =
        *family->create(*actor::parse_settings(grant, "t.toml", {}), {shard.services, actor});
  }
  std::optional<std::string> get(const std::string& name) {
    Bytes result;
    EXPECT_EQ(instance->call(0, host::arguments_of(name), {}, result), actor::CallOutcome::kReturn);
    return *wasm::from_binary<std::optional<std::string>>(result);
  }
};

TEST(Environment, ShowsGrantedNames) {
  Variables variables("allow = [\"TZ\", \"EMPTY\", \"UNSET\"]\n");
  EXPECT_EQ(variables.get("TZ"), "UTC");
  EXPECT_EQ(variables.get("EMPTY"), "");
  EXPECT_EQ(variables.get("UNSET"), std::nullopt);
}

TEST(Environment, ShowsGrantedPrefixes) {
  Variables variables("prefixes = [\"APP_\"]\n");
  EXPECT_EQ(variables.get("APP_NAME"), "theater");
  EXPECT_EQ(variables.get("APP"), std::nullopt);
  EXPECT_EQ(variables.get("app_name"), std::nullopt);
}

TEST(Environment, ShowsNothingElse) {
  Variables variables("allow = [\"TZ\"]\nprefixes = [\"APP_\"]\n");
  for (const char* name : {"SECRET", "", "T", "TZ ", "TZ=UTC", "*", "APP"}) {
    EXPECT_EQ(variables.get(name), std::nullopt) << name;
  }
}

TEST(Environment, HidesWhatIsNoTextOrTooLong) {
  Variables variables("allow = [\"LONG\", \"BROKEN\"]\nvalue_max = 64\n");
  EXPECT_EQ(variables.get("LONG"), std::nullopt);
  EXPECT_EQ(variables.get("BROKEN"), std::nullopt);
  Variables longer("allow = [\"LONG\"]\nvalue_max = 65\n");
  EXPECT_EQ(longer.get("LONG"), std::string(65, 'x'));
}

TEST(Environment, IsARecordedReadWithoutEvents) {
  const auto family = make_family({});
  ASSERT_EQ(family->info().calls.size(), 1u);
  EXPECT_EQ(family->info().calls[0].nature, actor::Nature::kRead);
  EXPECT_EQ(family->info().calls[0].plain, actor::PlainResult::kNone);
  EXPECT_EQ(wasm::to_wit(*family->info().calls[0].type.result), "option<string>");
}

TEST(Environment, ItsGrantIsStrict) {
  EXPECT_EQ(check("allow = [\"TZ\"]\n"), "");
  EXPECT_NE(check("").find("names nothing"), std::string::npos);
  EXPECT_NE(check("prefixes = [\"\"]\n").find("prefixes"), std::string::npos);
  EXPECT_NE(check("allow = [\"A=B\"]\n").find("allow"), std::string::npos);
  EXPECT_NE(check("alow = [\"A\"]\n").find("allow"), std::string::npos);
  EXPECT_NE(check("allow = [\"A\"]\nvalue_max = \"1MiB\"\n").find("value_max"), std::string::npos);
  std::string many = "allow = [";
  for (std::size_t i = 0; i <= kNamesMax; ++i) many += fmt::format("\"N{}\", ", i);
  EXPECT_NE(check(many + "]\n").find("256"), std::string::npos);
}

TEST(Environment, CountsReadsAndRefusals) {
  Variables variables("allow = [\"TZ\"]\n");
  static_cast<void>(variables.get("TZ"));
  static_cast<void>(variables.get("SECRET"));
  actor::Figures figures;
  variables.instance->measure(figures);
  EXPECT_EQ(figures.all()[0].value, 2);
  EXPECT_EQ(figures.all()[1].value, 1);
}

}  // namespace
}  // namespace theater::hosts::environment
