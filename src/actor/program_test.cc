// CAP-1: a component that does not fit its grants is not linked, and one sentence says why and what
// to do.
#include "actor/program.h"

#include <gmock/gmock.h>

#include "actor/testing/actor_fixture.h"

namespace theater::actor::testing {
namespace {

using ::testing::HasSubstr;

struct ProgramTest : ::testing::Test {
  ProbeScript script;
  ProbeSet set{script};
  FamilyInfo info = probe_info();
  std::vector<const FamilyInfo*> families{&info};
  bool granted = true;
  LinkOptions::Grants grants = LinkOptions::Grants::kCanBeChanged;

  std::string refusal(const Bytes& wasm) {
    auto component = wasm::Component::load(shared_engine(), wasm, "");
    if (!component) return component.error().message;
    auto program = Program::link(*component, {families, {granted}, "test.toml", grants});
    return program ? "" : program.error().message;
  }
};

TEST_F(ProgramTest, LinksWhatFits) {
  EXPECT_EQ(refusal(probe_wasm()), "");
  const auto program = probe_program(set, probe_wasm());
  EXPECT_EQ(program->target(2).call->name, "read");
  EXPECT_EQ(program->init().name, kInitExport);
  EXPECT_EQ(program->migrate(), nullptr);
  EXPECT_EQ(program->find_export(info.handler_name), program->handler_of(0));
  EXPECT_EQ(program->find_export("else"), nullptr);
}

TEST_F(ProgramTest, RefusesAnImportThatIsNotGranted) {
  granted = false;
  EXPECT_EQ(refusal(probe_wasm()),
            "the component imports theater:test/probe@0.1.0, which is not granted; add "
            "[grants.probe] to test.toml");
}

/// Whoever replays cannot change what was recorded.
TEST_F(ProgramTest, ARecordedManifestIsNotToBeChanged) {
  granted = false;
  grants = LinkOptions::Grants::kAreFixed;
  EXPECT_EQ(refusal(probe_wasm()),
            "the component imports theater:test/probe@0.1.0, which test.toml does not grant");
}

TEST_F(ProgramTest, RefusesAnImportNoFamilyOffers) {
  info.interface_name = "theater:test/prone@0.1.0";
  EXPECT_EQ(refusal(probe_wasm()),
            "the component imports theater:test/probe@0.1.0#effect, which no host family offers "
            "(there is theater:test/prone@0.1.0)");
  info.interface_name = "theater:other/thing@9.0.0";
  EXPECT_EQ(refusal(probe_wasm()),
            "the component imports theater:test/probe@0.1.0#effect, which no host family offers");
  info = probe_info();
  info.calls[4].name = "denied";
  EXPECT_EQ(refusal(probe_wasm()),
            "the component imports theater:test/probe@0.1.0#deny, which theater:test/probe@0.1.0 "
            "does not have");
}

TEST_F(ProgramTest, RefusesOtherTypesAndShowsBoth) {
  info.calls[2].type.result = wasm::Type(wasm::Kind::kU32);
  EXPECT_EQ(refusal(probe_wasm()),
            "the types of theater:test/probe@0.1.0#read differ\n"
            "  the component has: func() -> u64\n"
            "  theater has:       func() -> u32");
  info = probe_info();
  info.handler_type->parameters.pop_back();
  EXPECT_THAT(refusal(probe_wasm()),
              HasSubstr("the types of theater:test/probe-handler@0.1.0#handle-events differ"));
}

TEST_F(ProgramTest, RefusesAMissingHandlerThatIsNeeded) {
  info.handler_name = "theater:test/other-handler@0.1.0#handle-events";
  EXPECT_EQ(refusal(probe_wasm()),
            "test.toml grants probe, but the component does not export its handler "
            "theater:test/other-handler@0.1.0#handle-events; export it or remove [grants.probe]");
}

TEST_F(ProgramTest, AnOptionalHandlerIsNeededByWhoStartsSomething) {
  info.handler_name = "theater:test/other-handler@0.1.0#handle-events";
  info.handler_need = HandlerNeed::kOptional;
  EXPECT_EQ(
      refusal(probe_wasm()),
      "the component imports theater:test/probe@0.1.0#mint, but does not export "
      "theater:test/other-handler@0.1.0#handle-events, which is told how that ends; export it");
  info.calls[3].plain = PlainResult::kOk;  // "mint" starts nothing
  EXPECT_EQ(refusal(probe_wasm()), "");
}

TEST_F(ProgramTest, RefusesAComponentWithoutInit) {
  EXPECT_EQ(refusal(probe_wasm("theater:actor/lifecycle@0.1.0", "theater:actor/lifecycle@0.2.0")),
            "the component does not export theater:actor/lifecycle@0.1.0#init; every actor needs "
            "it");
}

TEST_F(ProgramTest, OutputsAreTakenApart) {
  const auto program = probe_program(set, probe_wasm());
  Bytes payload = program->target(0).output_head;
  payload.push_back(5);
  payload.push_back(0);
  const auto call = parse_output(families, payload);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->function, 0u);
  EXPECT_EQ(call->arguments.size(), 2u);
  EXPECT_FALSE(parse_output(families, Bytes{3, 'a', '#', 'b'}));
  EXPECT_FALSE(parse_output(families, Bytes{}));
}

}  // namespace
}  // namespace theater::actor::testing
