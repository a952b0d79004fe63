// What must not run is refused at load with one sentence that says why.
#include "wasm/testing/guest_kit.h"

namespace theater::wasm {
namespace {

using testing::from_wat;
using testing::shared_engine;

std::string load(ByteSpan bytes) {
  const auto component = Component::load(shared_engine(), bytes, "");
  return component ? "loaded" : fmt::format("{}", component.error().message);
}

TEST(Refusal, NotAComponent) {
  EXPECT_EQ(load({}), "this is not WebAssembly: the file does not begin with \\0asm");
  EXPECT_EQ(load(as_bytes("#!/bin/sh\nexit 0\n")),
            "this is not WebAssembly: the file does not begin with \\0asm");
  EXPECT_EQ(
      load(from_wat("(module)")),
      "this is a core WebAssembly module, not a component: wrap it with `wasm-tools component "
      "new`");
  Bytes cut = from_wat("(component (core module (func)))");
  cut.resize(cut.size() - 3);
  EXPECT_EQ(load(cut).substr(0, 27), "the component is not valid:");
  EXPECT_EQ(load(from_wat("(component)")), "loaded");
}

TEST(Refusal, ComponentModelAsync) {
  constexpr std::string_view kSentence =
      "the component uses component-model async (async functions, streams or futures), which "
      "Theater refuses:";
  for (const char* text : {
           R"((component (import "f" (func async (param "x" u32)))))",
           R"((component (type $s (stream u8)) (import "f" (func (param "x" $s)))))",
           R"((component (type $s (future u8)) (import "f" (func (param "x" $s)))))",
           R"((component (import "f" (func $f)) (core module $l (memory (export "m") 1))
               (core instance $l (instantiate $l))
               (core func (canon lower (func $f) async (memory (core memory $l "m"))))))",
       }) {
    EXPECT_EQ(load(from_wat(text)).substr(0, kSentence.size()), kSentence) << text;
  }
}

TEST(Refusal, FeaturesOutsideTheDeterminismProfile) {
  constexpr std::string_view kSentence =
      "the component uses a WebAssembly feature outside Theater's determinism profile:";
  for (const char* text : {
           "(component (core module (memory 1 1 shared)))",
           "(component (core module (memory i64 1)))",
           "(component (core module (func (param externref))))",
           "(component (core module (tag)))",
           "(component (core module (type (struct))))",
       }) {
    EXPECT_EQ(load(from_wat(text)).substr(0, kSentence.size()), kSentence) << text;
  }
}

TEST(Refusal, ImportsThatAreNotFunctions) {
  EXPECT_EQ(load(from_wat(R"((component (import "m" (core module))))")),
            "the component imports a core module, which Theater refuses");
  EXPECT_EQ(load(from_wat(R"((component (import "c" (component))))")),
            "the component cannot be translated: root-level component imports are not supported");
}

TEST(Refusal, LinksNeedAModeForEachImport) {
  testing::Guest guest(R"((component (import "f" (func))))");
  const auto linked = LinkedComponent::link(guest.component, {});
  ASSERT_FALSE(linked.has_value());
  EXPECT_EQ(linked.error().message, "the component has 1 imports, 0 modes were given");
}

}  // namespace
}  // namespace theater::wasm
