// Each way in which a shard's services call a family back is timed under the family's name, and one
// that blocks is named; what is passed on is the same as without the watch, also when a callback
// destroys what called it.
#include "host/watched_services.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/fake_actor.h"

namespace theater::host {
namespace {

constexpr int kSlowMs = 50;

/// A family's: does what a test wants in each callback.
class User final : public io::StreamUser, public io::ListenerUser, public io::DescriptorUser {
 public:
  std::function<void()> act = [] {};
  std::vector<std::string> told;

 private:
  void on_readable() override { note("readable"); }
  void on_writable() override { note("writable"); }
  void on_acceptable() override { note("acceptable"); }
  void on_ready(int descriptor, io::Readiness) override {
    note(fmt::format("ready {}", descriptor));
  }
  void note(std::string what) {
    told.push_back(std::move(what));
    act();
  }
};

class WatchedServicesTest : public ::testing::Test {
 protected:
  using Names = std::vector<std::string>;
  static void block() { ::poll(nullptr, 0, kSlowMs); }

  /// An accepted connection, attached, and the test's end of it.
  io::MemoryClient connect() {
    listener = *services.network.listen("here:1", user);
    io::MemoryClient client = shard.network.connect("here:1");
    stream = **listener->accept();
    EXPECT_TRUE(stream->attach(services.network, user));
    return client;
  }
  void turn() { shard.executor.advance(Nanoseconds(0)); }

  FakeShard shard;
  Names named;
  const HoldWatch::Report report = [this](const Hold& hold) {
    named.push_back(fmt::format("{} of {}", hold.function, hold.family));
  };
  const HoldWatch watch{"fake", report};
  const WatchedServices watched{shard.services, watch};
  const Services& services = watched.services();
  User user;
  std::unique_ptr<io::Listener> listener;
  std::unique_ptr<io::Stream> stream;
};

TEST_F(WatchedServicesTest, NamesTasksAndTimers) {
  services.executor.post(block);
  services.executor.after(Milliseconds(1), block);
  shard.executor.advance(Milliseconds(1));
  EXPECT_EQ(named, (Names{"task of fake", "timer of fake"}));
}

TEST_F(WatchedServicesTest, NamesWhatWorkersBringBack) {
  services.workers.run([] {}, services.executor, block);
  turn();
  EXPECT_EQ(named, (Names{"task of fake"}));
}

TEST_F(WatchedServicesTest, NamesTheEndOfWhatATaskHolds) {
  struct Slow {
    void operator()(int*) const { block(); }
  };
  int held = 0;
  services.executor.post([held = std::unique_ptr<int, Slow>(&held)] {});
  turn();
  EXPECT_EQ(named, (Names{"task of fake"}));
}

TEST_F(WatchedServicesTest, NamesSockets) {
  user.act = block;
  io::MemoryClient client = connect();
  listener->want_accept();
  io::MemoryClient other = shard.network.connect("here:1");
  turn();
  client.send("x");
  stream->want_read();
  turn();
  stream->want_write();
  turn();
  EXPECT_EQ(user.told, (Names{"acceptable", "readable", "writable"}));
  EXPECT_EQ(named, (Names{"acceptable of fake", "readable of fake", "writable of fake"}));
}

TEST_F(WatchedServicesTest, NamesAConnectionThatWasDialled) {
  listener = *services.network.listen("127.0.0.1:1", user);
  const auto address = io::IpAddress::parse("127.0.0.1");
  ASSERT_TRUE(address);
  stream = *services.network.connect(io::Endpoint{*address, 1});
  ASSERT_TRUE(stream->attach(services.network, user));
  user.act = block;
  stream->want_write();
  turn();
  EXPECT_EQ(named, (Names{"writable of fake"}));
}

TEST_F(WatchedServicesTest, AConnectionThatMovesIsTheNextFamilys) {
  const HoldWatch other_watch{"other", report};
  const WatchedServices other{shard.services, other_watch};
  io::MemoryClient client = connect();
  stream->detach();
  ASSERT_TRUE(stream->attach(other.services().network, user));
  user.act = block;
  client.send("x");
  stream->want_read();
  turn();
  EXPECT_EQ(named, (Names{"readable of other"}));
}

TEST_F(WatchedServicesTest, NamesLookups) {
  shard.resolver.set("here", {});
  services.resolver.resolve("here", std::chrono::seconds(1), [](auto found) {
    EXPECT_TRUE(found);
    block();
  });
  const auto unwanted = services.resolver.resolve("here", std::chrono::seconds(1),
                                                  [](auto) { ADD_FAILURE() << "cancelled"; });
  services.resolver.cancel(unwanted);
  turn();
  EXPECT_EQ(named, (Names{"resolved of fake"}));
}

TEST_F(WatchedServicesTest, NamesDescriptors) {
  user.act = block;
  ASSERT_TRUE(services.descriptors.watch(7, io::Readiness::kRead, user));
  ASSERT_TRUE(services.descriptors.watch(8, io::Readiness::kRead, user));
  services.descriptors.unwatch(8);
  EXPECT_FALSE(shard.descriptors.tell(8, io::Readiness::kRead));
  EXPECT_TRUE(shard.descriptors.tell(7, io::Readiness::kRead));
  EXPECT_EQ(user.told, (Names{"ready 7"}));
  EXPECT_EQ(named, (Names{"ready of fake"}));
}

TEST_F(WatchedServicesTest, IsSilentAboutWhoIsQuick) {
  io::MemoryClient client = connect();
  client.send("x");
  stream->want_read();
  services.executor.post([] {});
  turn();
  EXPECT_EQ(user.told, (Names{"readable"}));
  EXPECT_EQ(named, (Names{}));
}

/// As when TLS tells its user to read because it could write.
TEST_F(WatchedServicesTest, WhatWasReadMayTakeItsTimeInTheNextCallWhateverItIs) {
  io::MemoryClient client = connect();
  std::vector<std::uint8_t> room(64 << 10);
  std::size_t got = 0;
  user.act = [&] { got += (*stream->read(room)).value_or(0); };
  constexpr std::size_t kReads = 1024;  // of 64 KiB: room for 64 ms; the block is of 50
  for (std::size_t i = 0; i < kReads; ++i) {
    client.send(std::string(room.size(), 'x'));
    stream->want_read();
    turn();
  }
  ASSERT_EQ(got, kReads * room.size());
  user.act = block;
  stream->want_write();
  turn();
  EXPECT_EQ(user.told.back(), "writable");
  EXPECT_EQ(named, (Names{}));
  stream->want_write();
  turn();
  EXPECT_EQ(named, (Names{"writable of fake"})) << "once";
}

TEST_F(WatchedServicesTest, ACallbackMayDestroyWhatCalledIt) {
  io::MemoryClient client = connect();
  user.act = [this] {
    block();
    stream.reset();
    listener.reset();
  };
  client.send("x");
  stream->want_read();
  turn();
  EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(named, (Names{"readable of fake"}));
}

TEST_F(WatchedServicesTest, PassesErrorsOn) {
  shard.descriptors.fail_next({Code::kFull, "no more"});
  EXPECT_FALSE(services.descriptors.watch(7, io::Readiness::kRead, user));
  shard.network.set_dial(io::MemoryNetwork::Dial::kRefuse);
  listener = *services.network.listen("here:1", user);
  shard.network.set_descriptors(io::MemoryNetwork::Descriptors::kExhausted);
  io::MemoryClient client = shard.network.connect("here:1");
  const auto accepted = listener->accept();
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().code, Code::kFull);
  EXPECT_EQ(named, (Names{}));
}

}  // namespace
}  // namespace theater::host
