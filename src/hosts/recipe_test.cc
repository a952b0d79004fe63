// The smallest family there can be, with one read: it compiles, its grant is strict, its call is
// answered and recorded as a read; nothing outside its own code knows of it.
#include <gtest/gtest.h>

#include "host/bound_family.h"
#include "host/fake_actor.h"
#include "host/limit_field.h"

namespace theater::hosts::random {
namespace {

struct Limits {
  std::uint64_t bytes_max = 64 * 1024;
};
inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"bytes_max", &Limits::bytes_max, 1, 1 << 20, host::LimitField<Limits>::Unit::kBytes},
};

Result<Limits> parse(const actor::Setting& grant) {
  return host::read_grant(grant, "grants.random", kLimitFields);
}

/// One actor's; holds nothing.
class Instance final : public host::BoundInstance<Instance> {
 public:
  Instance(const host::Binding<Instance>& binding, const Limits& limits,
           const host::Context& context)
      : BoundInstance(binding), limits_(limits), random_(context.services.random) {}

  host::Data get_bytes(std::uint32_t count) {
    if (count > limits_.bytes_max) {
      return host::refuse(host::GuestCode::kTooLarge, "bytes_max is {}", limits_.bytes_max);
    }
    Bytes bytes(count);
    random_.fill(bytes);
    return bytes;
  }

  void settle(actor::Settlement) override {}
  actor::EventSource* events() override { return nullptr; }
  Bytes save() const override { return {}; }
  Status load(ByteSpan) override { return {}; }
  Status fold_event(ByteSpan) override { return {}; }
  Status recover() override { return {}; }
  void stop(actor::StopMode) override {}
  actor::Census census() const override { return {}; }

 private:
  const Limits limits_;
  io::Random& random_;
};

class RandomFamily final : public host::BoundFamily<Instance, Limits> {
 public:
  RandomFamily() : BoundFamily(&parse) {
    binding().read<&Instance::get_bytes>("get-bytes");
    binding().info().name = "random";
    binding().info().interface_name = "theater:actor/random@0.1.0";
  }
};

struct RecipeTest : testing::Test {
  host::FakeShard shard;
  host::FakeActor actor;
  RandomFamily family;
  actor::Setting grant = *actor::parse_settings("bytes_max = \"1KiB\"", "t.toml", {});
};

TEST_F(RecipeTest, TheCallIsARecordedRead) {
  const actor::CallInfo& call = family.info().calls.at(0);
  EXPECT_EQ(call.name, "get-bytes");
  EXPECT_EQ(call.nature, actor::Nature::kRead);
  EXPECT_EQ(call.plain, actor::PlainResult::kNone);
  EXPECT_EQ(wasm::to_wit(*call.type.result).find("result<list<u8>"), 0u);
}

TEST_F(RecipeTest, AnswersWithinItsLimit) {
  const auto instance = *family.create(grant, {shard.services, actor});
  Bytes result;
  const auto call = [&](std::uint32_t count) {
    EXPECT_EQ(instance->call(0, host::arguments_of(count), {}, result),
              actor::CallOutcome::kReturn);
    return *wasm::from_binary<host::Data>(result);
  };
  EXPECT_EQ(call(1024)->size(), 1024u);
  EXPECT_NE(*call(32), *call(32));
  EXPECT_EQ(call(1025).error().code, host::GuestCode::kTooLarge);
}

TEST_F(RecipeTest, ItsGrantIsStrict) {
  EXPECT_TRUE(family.check_grant(grant));
  const auto wrong = family.check_grant(*actor::parse_settings("bytes_mx = 1", "t.toml", {}));
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("bytes_max"), std::string::npos);
}

}  // namespace
}  // namespace theater::hosts::random
