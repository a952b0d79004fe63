// A stream reads and writes without waiting, tells its user when it can do more, and after
// detach() or destruction the user is never called again.
#include "io/asio_network.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "io/loopback_client.h"

namespace theater::io {
namespace {

constexpr int kStepsMax = 2000;

struct Recorder final : StreamUser {
  std::function<void()> readable = [] {};
  std::function<void()> writable = [] {};
  void on_readable() override { readable(); }
  void on_writable() override { writable(); }
};

struct Acceptor final : ListenerUser {
  int calls = 0;
  void on_acceptable() override { ++calls; }
};

struct Fixture : testing::Test {
  AsioExecutor executor;
  AsioNetwork network{executor};
  Acceptor acceptor;
  std::unique_ptr<Listener> listener = *network.listen("127.0.0.1:0", acceptor);
  LoopbackClient client{listener->address()};

  void run_until(const std::function<bool()>& done) {
    for (int i = 0; i < kStepsMax && !done(); ++i) executor.run_one_for(Milliseconds(5));
    ASSERT_TRUE(done());
  }
  std::unique_ptr<Stream> accept() {
    listener->want_accept();
    const int before = acceptor.calls;
    run_until([&] { return acceptor.calls > before; });
    auto stream = listener->accept();
    EXPECT_TRUE(stream && *stream);
    return std::move(**stream);
  }
};

TEST_F(Fixture, ReadsWhatArrivesAndSeesTheEnd) {
  auto stream = accept();
  Recorder user;
  int calls = 0;
  user.readable = [&] { ++calls; };
  ASSERT_TRUE(stream->attach(network, user));
  std::array<std::uint8_t, 16> buffer;
  EXPECT_EQ(*stream->read(buffer), std::nullopt);
  stream->want_read();
  stream->want_read();
  client.send("hello");
  run_until([&] { return calls == 1; });
  EXPECT_EQ(*stream->read(buffer), 5u);
  EXPECT_EQ(as_text(ByteSpan(buffer).first(5)), "hello");
  client.shut_write();
  stream->want_read();
  run_until([&] { return calls == 2; });
  EXPECT_EQ(*stream->read(buffer), 0u);
}

TEST_F(Fixture, WritesPiecesAndReportsAFullStream) {
  auto stream = accept();
  Recorder user;
  ASSERT_TRUE(stream->attach(network, user));
  const std::array<ByteSpan, 2> pieces{as_bytes("ab"), as_bytes("cd")};
  EXPECT_EQ(*stream->write(pieces), 4u);
  EXPECT_EQ(client.receive(4), "abcd");
  const Bytes megabyte(1 << 20, 7);
  const std::array<ByteSpan, 1> large{megabyte};
  std::size_t sent = 0;
  bool full = false;
  for (int i = 0; i < 256 && !full; ++i) {
    const std::size_t taken = *stream->write(large);
    sent += taken;
    EXPECT_LT(taken, megabyte.size()) << "one call holds nobody up";
    full = taken == 0;
  }
  ASSERT_TRUE(full);
  bool told = false;
  user.writable = [&] { told = true; };
  stream->want_write();
  EXPECT_EQ(client.receive(sent).size(), sent);
  run_until([&] { return told; });
}

TEST_F(Fixture, NobodyIsCalledAfterDetachAndTheStreamMovesToAnotherShard) {
  auto stream = accept();
  Recorder first;
  first.readable = [] { FAIL() << "called after detach"; };
  ASSERT_TRUE(stream->attach(network, first));
  stream->want_read();
  stream->detach();
  client.send("x");
  AsioExecutor other_executor;
  AsioNetwork other(other_executor);
  Recorder second;
  bool told = false;
  second.readable = [&] { told = true; };
  ASSERT_TRUE(stream->attach(other, second));
  stream->want_read();
  for (int i = 0; i < kStepsMax && !told; ++i) other_executor.run_one_for(Milliseconds(5));
  EXPECT_TRUE(told);
  stream.reset();
  executor.poll();
}

/// The kernel still watches it until it is closed; what it tells is nobody's, not even the next
/// one's.
TEST_F(Fixture, NobodyIsCalledForAStreamThatWasAbandoned) {
  auto stream = accept();
  Recorder user, next_user;
  user.readable = [] { FAIL() << "called after it was abandoned"; };
  ASSERT_TRUE(stream->attach(network, user));
  stream->want_read();
  stream->abandon();
  LoopbackClient other(listener->address());
  auto next = accept();
  int told = 0;
  next_user.readable = [&] { ++told; };
  ASSERT_TRUE(next->attach(network, next_user));
  next->want_read();
  client.send("x");
  for (int i = 0; i < 5; ++i) executor.run_one_for(Milliseconds(2));
  EXPECT_EQ(told, 0);
  stream.reset();
  other.send("y");
  run_until([&] { return told == 1; });
}

/// Streams that become readable at the same time.
struct ManyStreams : Fixture {
  static constexpr std::size_t kStreams = 100;
  std::vector<std::unique_ptr<LoopbackClient>> clients;
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<Recorder> users{kStreams};
  std::vector<std::size_t> told;

  void begin(const std::function<void(std::size_t)>& on_told) {
    streams.push_back(accept());
    while (streams.size() < kStreams) {
      clients.push_back(std::make_unique<LoopbackClient>(listener->address()));
      streams.push_back(accept());
    }
    for (std::size_t i = 0; i < kStreams; ++i) {
      users[i].readable = [this, i, on_told] {
        told.push_back(i);
        on_told(i);
      };
      ASSERT_TRUE(streams[i]->attach(network, users[i]));
      streams[i]->want_read();
    }
    client.send("x");
    for (const auto& other : clients) other->send("x");
  }
};

TEST_F(ManyStreams, OtherWorkComesBetween) {
  std::size_t told_before_task = 0;
  begin([&](std::size_t) {
    if (told.size() == 1) executor.post([&] { told_before_task = told.size(); });
  });
  run_until([&] { return told.size() == kStreams; });
  EXPECT_GT(told_before_task, 0u);
  EXPECT_LT(told_before_task, kStreams);
}

TEST_F(ManyStreams, WhoIsDestroyedWhileItIsDueIsNotTold) {
  begin([&](std::size_t first) {
    if (told.size() > 1) return;
    for (std::size_t i = 0; i < kStreams; i += 2) {
      if (i != first) streams[i].reset();
    }
  });
  const auto odd = [](std::size_t i) { return i % 2 == 1; };
  run_until([&] { return std::ranges::count_if(told, odd) == std::ptrdiff_t{kStreams / 2}; });
  executor.poll();
  EXPECT_TRUE(std::all_of(told.begin() + 1, told.end(), odd));
}

TEST_F(Fixture, DestroyedWithWaitsOutstanding) {
  auto stream = accept();
  Recorder user;
  user.readable = user.writable = [] { FAIL() << "called after destruction"; };
  ASSERT_TRUE(stream->attach(network, user));
  stream->want_read();
  stream->want_write();
  stream.reset();
  executor.poll();
}

TEST_F(Fixture, ListenRefusesWhatIsNotAnAddressAndWhatIsInUse) {
  EXPECT_EQ(network.listen("localhost:80", acceptor).error().code, Code::kInvalid);
  EXPECT_EQ(network.listen("127.0.0.1:66000", acceptor).error().code, Code::kInvalid);
  EXPECT_EQ(network.listen("127.0.0.1", acceptor).error().code, Code::kInvalid);
  EXPECT_EQ(network.listen(listener->address(), acceptor).error().code, Code::kConflict);
}

TEST_F(Fixture, AcceptSaysFullWhenDescriptorsRunOut) {
  listener->want_accept();
  run_until([&] { return acceptor.calls == 1; });
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  rlimit none = old;
  none.rlim_cur = 3;
  ::setrlimit(RLIMIT_NOFILE, &none);
  const auto refused = listener->accept();
  ::setrlimit(RLIMIT_NOFILE, &old);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kFull);
  EXPECT_TRUE(*listener->accept());
}

}  // namespace
}  // namespace theater::io
