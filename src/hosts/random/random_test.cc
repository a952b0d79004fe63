// Bytes come from the granted source within the limit; seeded ones depend on actor and place alone,
// match vectors computed elsewhere, and never come twice; the system's never depend on the place.
#include <gtest/gtest.h>

#include <set>

#include "host/fake_actor.h"
#include "hosts/random/family.h"
#include "hosts/random/grant.h"
#include "hosts/random/seeded.h"

namespace theater::hosts::random {
namespace {

struct Random {
  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family = make_family();
  std::unique_ptr<actor::FamilyInstance> instance;

  explicit Random(std::string_view grant = "") {
    instance =
        *family->create(*actor::parse_settings(grant, "t.toml", {}), {shard.services, actor});
  }
  host::Data get(std::uint32_t count, CallPlace place = {}) {
    Bytes result;
    const actor::CallContext context{place.invocation, place.ordinal, 1};
    EXPECT_EQ(instance->call(0, host::arguments_of(count), context, result),
              actor::CallOutcome::kReturn);
    return *wasm::from_binary<host::Data>(result);
  }
};

TEST(Random, IsARecordedReadWithoutEvents) {
  const Random random;
  const actor::FamilyInfo& info = random.family->info();
  ASSERT_EQ(info.calls.size(), 1u);
  EXPECT_EQ(info.calls[0].nature, actor::Nature::kRead);
  EXPECT_EQ(info.calls[0].plain, actor::PlainResult::kNone);
  EXPECT_EQ(info.handler_need, actor::HandlerNeed::kNone);
  EXPECT_EQ(random.instance->events(), nullptr);
}

TEST(Random, AnswersUpToItsLimitAndNothingBeyond) {
  Random random("bytes_max = \"1KiB\"\n");
  EXPECT_EQ(random.get(0), Bytes{});
  EXPECT_EQ(random.get(1024)->size(), 1024u);
  const auto refused = random.get(1025);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, host::GuestCode::kTooLarge);
  EXPECT_EQ(refused.error().message, "bytes_max is 1024");
  EXPECT_EQ(random.get(UINT32_MAX).error().code, host::GuestCode::kTooLarge);
}

TEST(Random, TheSystemsBytesDifferAtTheSamePlace) {
  Random random;
  EXPECT_NE(*random.get(32), *random.get(32));
  EXPECT_NE(*random.get(32), seeded_bytes(random.actor.who.id, {}, 32));
}

TEST(Random, SeededBytesDependOnActorAndPlaceAlone) {
  Random one("source = \"seeded\"\n"), again("source = \"seeded\"\n"),
      other("source = \"seeded\"\n");
  again.shard.clock.advance(std::chrono::hours(5));
  static_cast<void>(again.get(100, {Seq{1}, 0}));
  other.actor.who.id = ActorId::from(Bytes(16, 7));
  const CallPlace place{Seq{9}, 2};
  EXPECT_EQ(*one.get(100, place), *again.get(100, place));
  EXPECT_NE(*one.get(100, place), *other.get(100, place));
}

// printf 'theater/random/v1\0' and the numbers in 16, 8, 8, 8 bytes, through sha256sum.
TEST(Random, SeededBytesMatchTheirVector) {
  const Bytes bytes = seeded_bytes(ActorId::from(Bytes(16, 1)), {Seq{2}, 3}, 40);
  EXPECT_EQ(to_hex(bytes),
            "fe68e30e4cb82debcb58f9bbcd51dd102393c7aa8ad16121e72fff33eb2792f84736bee1f601b604");
}

TEST(Random, NoSeededValueComesTwice) {
  std::set<Bytes> seen;
  for (std::uint64_t invocation = 0; invocation < 100; ++invocation) {
    for (std::uint64_t ordinal = 0; ordinal < 10; ++ordinal) {
      const Bytes bytes = seeded_bytes(ActorId{}, {Seq{invocation}, ordinal}, 64);
      EXPECT_TRUE(seen.insert(Bytes(bytes.begin(), bytes.begin() + 32)).second);
      EXPECT_TRUE(seen.insert(Bytes(bytes.begin() + 32, bytes.end())).second);
    }
  }
}

TEST(Random, ShortAnswersArePrefixesOfLongOnes) {
  const Bytes longest = seeded_bytes(ActorId{}, {Seq{5}, 0}, 100);
  for (std::size_t count = 0; count <= 100; ++count) {
    EXPECT_EQ(seeded_bytes(ActorId{}, {Seq{5}, 0}, count),
              Bytes(longest.begin(), longest.begin() + static_cast<std::ptrdiff_t>(count)));
  }
}

TEST(Random, ItsGrantIsStrict) {
  const auto check = [](std::string_view grant) {
    const auto status = make_family()->check_grant(*actor::parse_settings(grant, "t.toml", {}));
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(check("source = \"seeded\"\nbytes_max = \"1MiB\"\n"), "");
  EXPECT_NE(check("source = \"weak\"\n").find("seeded"), std::string::npos);
  EXPECT_NE(check("bytes_mx = 1\n").find("bytes_max"), std::string::npos);
  EXPECT_NE(check("bytes_max = 0\n"), "");
  EXPECT_NE(check("bytes_max = \"2MiB\"\n"), "");
}

TEST(Random, CountsWhatItGaveAndRefused) {
  Random random;
  static_cast<void>(random.get(10));
  static_cast<void>(random.get(1 << 20));
  actor::Figures figures;
  random.instance->measure(figures);
  ASSERT_EQ(figures.all().size(), 2u);
  EXPECT_EQ(figures.all()[0].value, 10);
  EXPECT_EQ(figures.all()[1].value, 1);
}

TEST(Random, StopsAtOnce) {
  Random random;
  random.instance->stop(actor::StopMode::kKill);
  EXPECT_EQ(random.actor.drained_count, 0);
  random.instance->stop(actor::StopMode::kDrain);
  EXPECT_EQ(random.actor.drained_count, 1);
  EXPECT_TRUE(random.instance->census().is_empty());
}

}  // namespace
}  // namespace theater::hosts::random
