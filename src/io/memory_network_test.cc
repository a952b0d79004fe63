// A dialled memory connection connects, is refused, hangs or fails as the test says, and then
// carries bytes both ways.
#include "io/memory_network.h"

#include <gtest/gtest.h>

#include "io/stepping_executor.h"

namespace theater::io {
namespace {

struct Waiter final : StreamUser {
  int readable = 0, writable = 0;
  void on_readable() override { ++readable; }
  void on_writable() override { ++writable; }
};

struct DialTest : testing::Test {
  ManualClock clock;
  SteppingExecutor executor{clock};
  MemoryNetwork network{executor};
  Waiter user;
  const Endpoint endpoint{*IpAddress::parse("192.0.2.1"), 80};
};

TEST_F(DialTest, ConnectsAndCarriesBytes) {
  auto stream = *network.connect(endpoint);
  ASSERT_TRUE(stream->attach(network, user));
  stream->want_write();
  std::array<std::uint8_t, 8> buffer;
  EXPECT_EQ(*stream->read(buffer), std::nullopt);
  EXPECT_EQ(*stream->write(std::array{as_bytes("early")}), 0u);
  executor.run();
  EXPECT_EQ(user.writable, 1);
  EXPECT_EQ(*stream->write({}), 0u);
  EXPECT_EQ(*stream->write(std::array{as_bytes("hello")}), 5u);
  auto server = *network.take_dialled();
  EXPECT_EQ(server.peer(), "192.0.2.1:80");
  EXPECT_EQ(server.take(), "hello");
  stream->want_read();
  server.send("you");
  executor.run();
  EXPECT_EQ(user.readable, 1);
  EXPECT_EQ(*stream->read(buffer), 3u);
}

TEST_F(DialTest, RefusedConnectionsSayWhy) {
  network.set_dial(MemoryNetwork::Dial::kRefuse);
  auto stream = *network.connect(endpoint);
  ASSERT_TRUE(stream->attach(network, user));
  stream->want_write();
  executor.run();
  EXPECT_EQ(user.writable, 1);
  EXPECT_EQ(stream->write({}).error().code, Code::kClosed);
}

TEST_F(DialTest, HangingOnesNeverConnect) {
  network.set_dial(MemoryNetwork::Dial::kHang);
  auto stream = *network.connect(endpoint);
  ASSERT_TRUE(stream->attach(network, user));
  stream->want_write();
  stream->want_read();
  executor.run();
  EXPECT_EQ(user.writable + user.readable, 0);
}

TEST_F(DialTest, TheNthCallFails) {
  network.fail_nth(1);
  EXPECT_EQ(network.connect(endpoint).error().code, Code::kClosed);
  network.fail_nth(2);
  EXPECT_FALSE((*network.connect(endpoint))->attach(network, user));
  network.set_descriptors(MemoryNetwork::Descriptors::kExhausted);
  EXPECT_EQ(network.connect(endpoint).error().code, Code::kFull);
}

}  // namespace
}  // namespace theater::io
