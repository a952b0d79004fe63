// Names become addresses off the shard; each question is answered once, from a task of the shard,
// or never if it was cancelled, and nobody is called after the resolver has gone.
#include "io/lookup_threads.h"

#include <gtest/gtest.h>

#include "io/asio_executor.h"
#include "io/manual_clock.h"

namespace theater::io {
namespace {

constexpr int kStepsMax = 2000;
constexpr Nanoseconds kPatience = std::chrono::seconds(30);

struct ResolverTest : testing::Test {
  AsioExecutor executor;
  ManualClock clock;
  LookupThreads threads{clock};
  std::optional<ThreadResolver> resolver{std::in_place, threads, executor};
  ~ResolverTest() override { threads.stop(); }

  Result<Resolver::Addresses> ask(const std::string& host, Nanoseconds patience = kPatience) {
    std::optional<Result<Resolver::Addresses>> answer;
    resolver->resolve(host, patience, [&](auto found) { answer = std::move(found); });
    EXPECT_FALSE(answer) << "answered inside the call";
    for (int i = 0; i < kStepsMax && !answer; ++i) executor.run_one_for(Milliseconds(5));
    return answer ? std::move(*answer) : fail(Code::kInternal, "no answer");
  }
};

TEST_F(ResolverTest, FindsTheLoopbackByItsName) {
  const auto found = ask("localhost");
  ASSERT_TRUE(found);
  for (const IpAddress& address : *found) EXPECT_TRUE(address.is_private());
}

TEST_F(ResolverTest, AnAddressStandsForItself) {
  EXPECT_EQ(*ask("192.0.2.1"), Resolver::Addresses{*IpAddress::parse("192.0.2.1")});
  EXPECT_EQ(*ask("2001:db8::1"), Resolver::Addresses{*IpAddress::parse("2001:db8::1")});
}

TEST_F(ResolverTest, CancelledQuestionsAreNotAnswered) {
  const LookupId id =
      resolver->resolve("localhost", kPatience, [](const auto&) { FAIL() << "cancelled"; });
  resolver->cancel(id);
  resolver->cancel(id);
  EXPECT_TRUE(ask("localhost"));
}

TEST_F(ResolverTest, PatienceEnds) {
  threads.stop();
  const auto found = ask("localhost", Milliseconds(1));
  ASSERT_FALSE(found);
  EXPECT_TRUE(found.error().code == Code::kDeadline || found.error().code == Code::kFull);
}

TEST_F(ResolverTest, OneTooManyIsRefused) {
  std::size_t answers = 0, refused = 0;
  for (std::size_t i = 0; i <= kLookupsMax; ++i) {
    resolver->resolve("localhost", kPatience, [&](const auto& found) {
      ++answers;
      if (!found && found.error().code == Code::kFull) ++refused;
    });
  }
  for (int i = 0; i < kStepsMax && answers <= kLookupsMax; ++i) {
    executor.run_one_for(Milliseconds(5));
  }
  EXPECT_EQ(answers, kLookupsMax + 1);
  EXPECT_EQ(refused, 1u);
}

TEST_F(ResolverTest, NobodyIsCalledAfterTheResolverHasGone) {
  for (int i = 0; i < 8; ++i) {
    resolver->resolve("localhost", kPatience, [](const auto&) { FAIL() << "gone"; });
    resolver->resolve("192.0.2.1", kPatience, [](const auto&) { FAIL() << "gone"; });
  }
  resolver.reset();
  threads.stop();
  executor.poll();
}

}  // namespace
}  // namespace theater::io
