// A dialer connects only to addresses its grant permits, whatever name they hide behind; it tries
// each of them, ends in time, tells its user once, and nothing after it has gone.
#include "hosts/outbound/dialer.h"

#include <gtest/gtest.h>

#include "host/fake_actor.h"
#include "io/memory_network.h"

namespace theater::hosts::outbound {
namespace {

using host::GuestCode;

constexpr Nanoseconds kTime = std::chrono::seconds(5);
const io::IpAddress kPublic = *io::IpAddress::parse("1.1.1.1");
const io::IpAddress kOther = *io::IpAddress::parse("8.8.8.8");
const io::IpAddress kPrivate = *io::IpAddress::parse("10.0.0.1");

struct DialerTest : testing::Test, DialUser {
  host::FakeShard shard;
  std::unique_ptr<io::Stream> stream;
  std::vector<GuestCode> failures;
  std::string message;
  std::optional<Dialer> dialer;

  void on_dialled(std::unique_ptr<io::Stream> made) override { stream = std::move(made); }
  void on_dial_failed(const host::GuestError& error) override {
    failures.push_back(error.code);
    message = error.message;
  }
  void dial(std::string host, PrivateAddresses rule = PrivateAddresses::kRefused) {
    dialer.emplace(Dialer::Plan{std::move(host), 80, rule, kTime}, shard.services, *this);
    dialer->start();
    shard.executor.run();
  }
};

TEST_F(DialerTest, ConnectsAndHandsOverADetachedStream) {
  shard.resolver.set("a.com", {kPublic});
  dial("a.com");
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->peer(), "1.1.1.1:80");
  EXPECT_TRUE(failures.empty());
  dialer.reset();
  EXPECT_EQ(shard.executor.timer_count(), 0u);
}

TEST_F(DialerTest, ANameThatMeansAPrivateAddressIsDenied) {
  shard.resolver.set("a.com", {kPrivate, *io::IpAddress::parse("::1")});
  dial("a.com");
  dial("127.0.0.1");
  dial("169.254.169.254");
  EXPECT_EQ(failures, (std::vector{GuestCode::kDenied, GuestCode::kDenied, GuestCode::kDenied}));
  EXPECT_FALSE(shard.network.take_dialled());
  dial("a.com", PrivateAddresses::kAllowed);
  EXPECT_TRUE(stream);
}

TEST_F(DialerTest, OfSeveralAddressesOnlyThePermittedAreTried) {
  shard.resolver.set("a.com", {kPrivate, kPublic});
  shard.network.set_dial(io::MemoryNetwork::Dial::kRefuse);
  dial("a.com");
  EXPECT_EQ(failures, std::vector{GuestCode::kUnreachable});
  EXPECT_EQ(shard.network.take_dialled()->peer(), "1.1.1.1:80");
  EXPECT_FALSE(shard.network.take_dialled());
}

TEST_F(DialerTest, ASilentAddressYieldsToTheNext) {
  shard.resolver.set("a.com", {kPublic, kOther});
  shard.network.set_dial(io::MemoryNetwork::Dial::kHang);
  dial("a.com");
  shard.network.set_dial(io::MemoryNetwork::Dial::kAnswer);
  shard.executor.advance(kTime / 2);
  shard.executor.run();
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->peer(), "8.8.8.8:80");
}

TEST_F(DialerTest, TimeEndsEveryStep) {
  shard.resolver.hang("slow.com");
  dial("slow.com");
  shard.executor.advance(kTime);
  shard.resolver.set("a.com", {kPublic, kOther});
  shard.network.set_dial(io::MemoryNetwork::Dial::kHang);
  dial("a.com");
  shard.executor.advance(kTime);
  EXPECT_EQ(failures, (std::vector{GuestCode::kDeadline, GuestCode::kDeadline}));
}

TEST_F(DialerTest, FailuresSayWhichHost) {
  dial("nobody.example");
  EXPECT_EQ(failures, std::vector{GuestCode::kNotFound});
  EXPECT_NE(message.find("nobody.example"), std::string::npos);
}

TEST_F(DialerTest, ItsEndIsSilentInEveryStep) {
  shard.resolver.set("a.com", {kPublic});
  for (std::size_t steps = 0; steps < 6; ++steps) {
    dialer.emplace(Dialer::Plan{"a.com", 80, PrivateAddresses::kRefused, kTime}, shard.services,
                   *this);
    dialer->start();
    for (std::size_t i = 0; i < steps; ++i) shard.executor.step();
    const bool is_done = stream != nullptr;
    dialer.reset();
    shard.executor.run();
    EXPECT_EQ(stream != nullptr, is_done) << steps;
    EXPECT_EQ(shard.executor.timer_count(), 0u);
    stream.reset();
  }
  EXPECT_TRUE(failures.empty());
}

TEST_F(DialerTest, EachCallOfTheNetworkMayFail) {
  shard.resolver.set("a.com", {kPublic});
  for (std::uint64_t n = 1; n <= 3; ++n) {
    shard.network.fail_nth(n);
    dial("a.com");
    EXPECT_EQ(failures.size(), n) << n;
  }
  EXPECT_FALSE(stream);
}

}  // namespace
}  // namespace theater::hosts::outbound
