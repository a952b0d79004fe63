// A plan decodes to what the component is made of; no damaged plan crashes the decoder or yields an
// index out of range.
#include "wasm/plan.h"

#include <theater_engine.h>

#include <random>

#include "wasm/testing/guest_kit.h"

namespace theater::wasm {
namespace {

Bytes plan_of(std::string_view text) {
  const Bytes component = testing::from_wat(text);
  std::uint8_t* out = nullptr;
  std::size_t length = 0;
  const int status = theater_component_plan(component.data(), component.size(), &out, &length);
  Bytes plan(out, out + length);
  theater_plan_delete(out, length);
  EXPECT_EQ(status, THEATER_PLAN_OK) << as_text(plan);
  return plan;
}

constexpr std::string_view kText = R"((component
  (import "test:host/api" (instance $h
    (export "thing" (type $thing (sub resource)))
    (type $pair' (record (field "a" u8) (field "b" string)))
    (export "pair" (type $pair (eq $pair')))
    (export "f" (func (param "p" $pair) (param "t" (borrow $thing)) (result (option (list s64)))))))
  (core module $libc (memory (export "memory") 3)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)))
  (core instance $libc (instantiate $libc))
  (alias export $h "thing" (type $thing))
  (core func $drop (canon resource.drop $thing))
  (core func $f (canon lower (func $h "f") string-encoding=utf16
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m (import "h" "f" (func (param i32 i32 i32 i32 i32)))
    (import "h" "drop" (func $drop (param i32)))
    (func (export "g") (param i32) (call $drop (local.get 0))))
  (core instance $m (instantiate $m (with "h" (instance
    (export "f" (func $f)) (export "drop" (func $drop))))))
  (func (export "g") (param "x" (own $thing)) (canon lift (core func $m "g")))))";

TEST(Plan, SaysWhatTheComponentIsMadeOf) {
  const Bytes bytes = plan_of(kText);
  const Result<Plan> decoded = decode_plan(bytes, PlanCode::kPresent);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  const Plan& plan = *decoded;
  ASSERT_EQ(plan.imports.size(), 1u);
  EXPECT_EQ(plan.imports[0].name, "test:host/api#f");
  EXPECT_EQ(to_wit(plan.functions[plan.imports[0].function]),
            "func(p: record { a: u8, b: string }, t: borrow<thing>) -> option<list<s64>>");
  ASSERT_EQ(plan.exports.size(), 1u);
  EXPECT_EQ(plan.exports[0].name, "g");
  ASSERT_EQ(plan.modules.size(), 2u);
  EXPECT_EQ(plan.modules[0].memory_pages, 3u);
  EXPECT_EQ(plan.modules[0].exported_memories, std::vector<std::string>{"memory"});
  EXPECT_EQ(plan.modules[1].imports, 2u);
  ASSERT_EQ(plan.resources.size(), 1u);
  EXPECT_FALSE(plan.resources[0].instance.has_value());
  EXPECT_EQ(plan.trampolines.size(), 2u);
}

TEST(Plan, IsTheSameWithoutItsCode) {
  const Bytes bytes = plan_of(kText);
  const Plan whole = decode_plan(bytes, PlanCode::kPresent).value();
  const ByteSpan front = ByteSpan(bytes).first(whole.code_offset);
  const Result<Plan> plan = decode_plan(front, PlanCode::kAbsent);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->functions, whole.functions);
  EXPECT_FALSE(decode_plan(front, PlanCode::kPresent).has_value());
  EXPECT_FALSE(decode_plan(bytes, PlanCode::kAbsent).has_value());
}

TEST(Plan, EveryTruncationIsRefused) {
  const Bytes bytes = plan_of(kText);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Result<Plan> plan = decode_plan(ByteSpan(bytes).first(length), PlanCode::kPresent);
    ASSERT_FALSE(plan.has_value()) << length;
    EXPECT_EQ(plan.error().code, Code::kCorrupt);
  }
}

TEST(Plan, DamageNeverCrashes) {
  const Bytes bytes = plan_of(kText);
  std::mt19937_64 random(7);
  for (int round = 0; round < 20'000; ++round) {
    Bytes damaged = bytes;
    for (std::uint64_t change = random() % 3 + 1; change > 0; --change) {
      damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    }
    const Result<Plan> plan = decode_plan(damaged, PlanCode::kPresent);
    if (!plan) continue;
    for (const ExportPlan& item : plan->exports) {
      ASSERT_LT(item.function, plan->functions.size());
      ASSERT_LT(item.options, plan->options.size());
    }
  }
}

}  // namespace
}  // namespace theater::wasm
