// A method's signature decides how its calls are recorded; arguments that are not canonical trap;
// a denied answer is told apart.
#include "host/binding.h"

#include <gtest/gtest.h>

#include "actor/program.h"
#include "host/fake_actor.h"
#include "wasm/binary_writer.h"

namespace theater::host {
namespace {

struct Subject {
  std::vector<std::string> done;
  std::uint64_t count(std::string_view text) { return text.size(); }
  void note(std::string_view) {}
  bool drop(std::uint64_t id) { return id == 1; }
  Outcome write(std::string_view text) {
    if (text == "secret") return refuse(GuestCode::kDenied, "not yours");
    if (text.empty()) return refuse(GuestCode::kInvalid, "empty");
    return {};
  }
  Started start(actor::CallContext& context) { return context.next_id; }

  void did_note(actor::Effect& effect, std::string_view text) {
    done.push_back(fmt::format("{}@{}", text, effect.seq.value));
  }
  void did_drop(std::uint64_t id) { done.push_back(fmt::format("drop {}", id)); }
  void did_write(std::string_view text) { done.emplace_back(text); }
  void did_start() { done.emplace_back("start"); }
  void had_written(PastEffect& past, std::string_view text) {
    done.push_back(fmt::format("{} at {}", text, past.time.since_epoch.count()));
  }
};

using Replies = std::vector<std::tuple<std::uint64_t, std::string>>;

struct Replier {
  std::vector<std::string> done;
  void note(std::string_view) {}
  void did_note(std::string_view) {}
  void reply(actor::Effect& effect, const Replies& replies) {
    for (const auto& [id, text] : replies) {
      done.push_back(fmt::format("{} {}@{}", id, text, effect.seq.value));
    }
  }
  void had_replied(const Replies& replies) {
    done.push_back(fmt::format("{} before", replies.size()));
  }
};

TEST(Binding, WhatAHandlerReturnsIsAnEffectBehindAllFunctions) {
  Binding<Replier> binding;
  binding.effect<&Replier::note, &Replier::did_note>("note", chain::OutputClass::kLog)
      .answers<&Replier::reply>()
      .folded<&Replier::had_replied>();
  describe<std::string>(binding.info(), "desk", actor::HandlerNeed::kRequired);
  describe_answers<std::string, Replies>(binding.info(), chain::OutputClass::kWrite);
  EXPECT_EQ(wasm::to_wit(*binding.info().handler_type),
            "func(state: list<u8>, events: list<record { id: u64, payload: string }>) -> "
            "result<tuple<list<u8>, list<tuple<u64, string>>>, string>");

  const Replies replies{{7, "yes"}, {8, "no"}};
  const actor::FamilyInfo* infos[] = {&binding.info()};
  Bytes output;
  wasm::BinaryWriter(output).string("theater:actor/desk-handler@0.1.0#handle-events");
  append(output, wasm::to_binary(replies));
  const auto call = actor::parse_output(infos, output);
  ASSERT_TRUE(call) << call.error().message;
  EXPECT_EQ(call->function, 1u);
  Replier replier;
  binding.perform(replier, {call->function, call->arguments, 0, Seq{5}, 0});
  ASSERT_TRUE(binding.fold(replier, {call->function, call->arguments, 0, Seq{5}, 0}, {}));
  EXPECT_EQ(replier.done, (std::vector<std::string>{"7 yes@5", "8 no@5", "2 before"}));
}

struct BindingTest : testing::Test {
  Binding<Subject> binding;
  Subject subject;
  Bytes result;
  BindingTest() {
    binding.read<&Subject::count>("count")
        .effect<&Subject::note, &Subject::did_note>("note", chain::OutputClass::kLog)
        .effect<&Subject::drop, &Subject::did_drop>("drop", chain::OutputClass::kTimer)
        .effect<&Subject::write, &Subject::did_write>("write", chain::OutputClass::kWrite)
        .folded<&Subject::had_written>()
        .effect<&Subject::start, &Subject::did_start>("start", chain::OutputClass::kOperation);
  }
  actor::CallOutcome call(std::size_t function, const Bytes& arguments) {
    return binding.call(subject, function, arguments, {Seq{1}, 0, 77}, result);
  }
};

TEST_F(BindingTest, RulesFollowFromSignatures) {
  const auto& calls = binding.info().calls;
  ASSERT_EQ(calls.size(), 5u);
  EXPECT_EQ(calls[0].nature, actor::Nature::kRead);
  EXPECT_EQ(calls[0].emits, actor::Emits::kNever);
  EXPECT_EQ(calls[1].plain, actor::PlainResult::kUnit);
  EXPECT_EQ(calls[1].emits, actor::Emits::kAlways);
  EXPECT_EQ(calls[2].plain, actor::PlainResult::kNone);
  EXPECT_EQ(calls[2].emits, actor::Emits::kOnTrue);
  EXPECT_EQ(calls[3].plain, actor::PlainResult::kOk);
  EXPECT_EQ(calls[3].output_class, chain::OutputClass::kWrite);
  EXPECT_EQ(calls[4].plain, actor::PlainResult::kMintedId);
  EXPECT_EQ(calls[4].type.parameters.size(), 0u);
}

TEST_F(BindingTest, CallsDecodeAndEncode) {
  EXPECT_EQ(call(0, arguments_of(std::string("four"))), actor::CallOutcome::kReturn);
  EXPECT_EQ(result, Bytes{4});
  EXPECT_EQ(call(4, {}), actor::CallOutcome::kReturn);
  EXPECT_EQ(result, (Bytes{0, 77}));
  EXPECT_EQ(call(3, arguments_of(std::string("secret"))), actor::CallOutcome::kDenied);
  EXPECT_EQ(call(3, arguments_of(std::string(""))), actor::CallOutcome::kReturn);
  EXPECT_EQ(result[0], 1);
  EXPECT_EQ(call(0, Bytes{5, 'x'}), actor::CallOutcome::kTrap);
  EXPECT_TRUE(subject.done.empty());
}

TEST_F(BindingTest, EffectsArePerformedAndFolded) {
  const Bytes text = arguments_of(std::string("hello"));
  binding.perform(subject, {1, text, 0, Seq{9}, 0});
  binding.perform(subject, {3, text, 0, Seq{9}, 0});
  ASSERT_TRUE(binding.fold(subject, {1, text, 0, Seq{9}, 0}, WallTime{Nanoseconds(5)}));
  ASSERT_TRUE(binding.fold(subject, {3, text, 0, Seq{9}, 0}, WallTime{Nanoseconds(5)}));
  EXPECT_EQ(subject.done, (std::vector<std::string>{"hello@9", "hello", "hello at 5"}));
}

}  // namespace
}  // namespace theater::host
