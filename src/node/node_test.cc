// A node serves actors on several shards, stops in order, goes on where it stopped; its chain
// verifies and replays; a second node on the same data or the same port is refused.
#include "node/node.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "chain/watermark.h"
#include "io/loopback_client.h"
#include "io/posix_file.h"
#include "node/names.h"
#include "replay/replay.h"
#include "store/verify.h"

namespace theater::node {
namespace {

const std::string kActors = THEATER_SOURCE_DIR "/actors/";

std::string free_address() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(probe, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(probe);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

/// A client that upgrades and exchanges short text messages.
class Client {
 public:
  Client(const std::string& address, const std::string& path) : socket_(address) {
    socket_.send(
        "GET " + path +
        " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    std::string head;
    while (!head.ends_with("\r\n\r\n") && !socket_.ended()) head += socket_.receive(1);
  }

  void send(const std::string& text) {
    std::string frame{'\x81', static_cast<char>(0x80 | text.size()), 0, 0, 0, 0};
    socket_.send(frame + text);
  }
  /// The next frame's payload, at most 125 bytes.
  std::string receive() {
    const std::string head = socket_.receive(2);
    return head.size() == 2 ? socket_.receive(static_cast<std::uint8_t>(head[1])) : "";
  }

 private:
  io::LoopbackClient socket_;
};

/// Log lines of all threads.
class Lines final : public host::LogSink {
 public:
  void write(const host::LogLine& line) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(fmt::format("{}#{} {}: {}", line.actor, line.seq, line.family, line.text));
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Runs a client on its own thread once the node is ready, then stops the node by signal.
class Session final : public NodeListener {
 public:
  enum class End { kBySignal, kByItself };
  explicit Session(std::function<void()> client, End end = End::kBySignal)
      : client_(std::move(client)), end_(end) {}
  ~Session() {
    if (thread_.joinable()) thread_.join();
  }
  void on_ready(const std::vector<StartedActor>& actors) override {
    started = actors;
    thread_ = std::thread([this] {
      client_();
      if (end_ == End::kBySignal) ::kill(::getpid(), SIGTERM);
    });
  }
  void on_notice(host::LogLevel, const std::string& text) override { notices.push_back(text); }

  std::vector<StartedActor> started;
  std::vector<std::string> notices;
  Lines log;

 private:
  std::function<void()> client_;
  End end_;
  std::thread thread_;
};

/// A file whose sync fails once `is_broken` is set, as a dying disk's does.
class BreakableFile final : public io::File {
 public:
  BreakableFile(std::unique_ptr<io::File> file, const std::atomic<bool>& is_broken)
      : file_(std::move(file)), is_broken_(is_broken) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const override {
    return file_->read_at(offset, buffer);
  }
  Status write_at(std::uint64_t offset, ByteSpan bytes) override {
    return file_->write_at(offset, bytes);
  }
  Status sync_data() override {
    if (is_broken_) return std::unexpected(errno_error("fdatasync", EIO));
    return file_->sync_data();
  }
  Status sync_all() override { return file_->sync_all(); }
  Result<std::uint64_t> size() const override { return file_->size(); }
  Status resize(std::uint64_t bytes) override { return file_->resize(bytes); }
  Status allocate(std::uint64_t bytes) override { return file_->allocate(bytes); }

 private:
  std::unique_ptr<io::File> file_;
  const std::atomic<bool>& is_broken_;
};

class BreakableFiles final : public io::FileSystem {
 public:
  std::atomic<bool> is_broken{false};

  Result<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override {
    TRY(auto file, files_->open(path, mode));
    return std::make_unique<BreakableFile>(std::move(file), is_broken);
  }
  bool exists(const std::string& path) override { return files_->exists(path); }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return files_->list(path);
  }
  Status make_directories(const std::string& path) override {
    return files_->make_directories(path);
  }
  Status rename(const std::string& from, const std::string& to) override {
    return files_->rename(from, to);
  }
  Status remove(const std::string& path) override { return files_->remove(path); }
  Status sync_directory(const std::string& path) override { return files_->sync_directory(path); }
  Result<std::unique_ptr<io::FileLock>> lock(const std::string& path) override {
    return files_->lock(path);
  }
  bool is_locked(const std::string& path) override { return files_->is_locked(path); }
  Result<std::uint64_t> free_bytes(const std::string& path) override {
    return files_->free_bytes(path);
  }

 private:
  std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
};

class NodeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "theater-node-XXXXXX";
    data_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(data_); }

  Status run(const std::vector<std::string>& names, Session& session, std::size_t shards = 2) {
    std::vector<std::string> paths;
    for (const std::string& name : names) {
      paths.push_back(kActors + name + "/" + name + ".toml");
    }
    TRY(auto manifests,
        load_manifests(*files_, paths, {{"listen", address_}, {"period_ms", "10"}}));
    NodeOptions options;
    options.data_directory = data_;
    options.shards = shards;
    options.metrics = metrics_;
    TRY(auto node, Node::open(*files_, options, {session, session.log}));
    TRY_OK(node->load(std::move(manifests)));
    return node->run();
  }

  /// verify is good and replay is equal.
  void expect_chain_holds() {
    const auto verified = store::verify(*files_, data_, {});
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_TRUE(verified->good()) << verified->bad->reason;
    auto history = store::ActorHistory::open(*files_, data_, store::ActorHistory::Load::kSummaries);
    ASSERT_TRUE(history) << history.error().message;
    auto engine = wasm::Engine::create({.allocation = wasm::Allocation::kOnDemand});
    ASSERT_TRUE(engine) << engine.error().message;
    const hosts::AllHosts hosts;
    store::ComponentStore components(*files_, store::NodeLayout{data_}.components());
    const auto report = replay::replay({**engine, **history, components, hosts.infos(), ""}, {});
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& actor : report->actors) {
      EXPECT_FALSE(actor.divergence) << actor.name << ": " << actor.divergence->reason << "\n"
                                     << actor.divergence->recorded << "\n--\n"
                                     << actor.divergence->recomputed;
    }
  }

  std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
  std::string data_;
  std::string address_ = free_address();
  std::string metrics_;
};

class ShardsTest : public NodeTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(ShardsTest, serve_and_the_chain_holds) {
  Session session([this] {
    Client one(address_, "/echo");
    Client two(address_, "/echo");
    Client three(address_, "/ws");
    for (int number = 0; number < 50; ++number) {
      one.send("one " + std::to_string(number));
      two.send("two " + std::to_string(number));
      three.send("three " + std::to_string(number));
      EXPECT_EQ(one.receive(), "one " + std::to_string(number));
      EXPECT_EQ(two.receive(), "two " + std::to_string(number));
      EXPECT_NE(three.receive().find("three " + std::to_string(number)), std::string::npos);
    }
  });
  const Status ended = run({"counter", "echo", "chat"}, session, GetParam());
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(session.started.size(), 3u);
  expect_chain_holds();
}
INSTANTIATE_TEST_SUITE_P(Count, ShardsTest, testing::Values(2u, 4u));

TEST_F(NodeTest, goes_on_where_it_stopped) {
  for (int round = 1; round <= 3; ++round) {
    Session session([this, round] {
      Client client(address_, "/ws");
      for (int past = 1; past < round; ++past) {
        EXPECT_NE(client.receive().find("\"seq\":" + std::to_string(past)), std::string::npos);
      }
      client.send("hello");
      EXPECT_NE(client.receive().find("\"seq\":" + std::to_string(round)), std::string::npos);
    });
    const Status ended = run({"chat"}, session);
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_EQ(session.started[0].is_new, round == 1);
    expect_chain_holds();
  }
}

TEST_F(NodeTest, refuses_data_and_ports_in_use) {
  Session session([this] {
    Session never([] {});
    const Status same_data = run({"counter"}, never);
    ASSERT_FALSE(same_data);
    EXPECT_NE(same_data.error().message.find(std::to_string(::getpid())), std::string::npos);
    const std::string data = std::exchange(data_, data_ + "-other");
    const Status same_port = run({"echo"}, never);
    std::filesystem::remove_all(std::exchange(data_, data));
    ASSERT_FALSE(same_port);
    EXPECT_NE(same_port.error().message.find(address_), std::string::npos);
  });
  const Status ended = run({"echo"}, session);
  ASSERT_TRUE(ended) << ended.error().message;
}

TEST_F(NodeTest, a_start_that_is_refused_is_no_crash) {
  Session session([this] {
    const std::string data = std::exchange(data_, data_ + "-other");
    for (int start = 0; start < 2; ++start) {
      metrics_ = address_;  // in use
      Session never([] {});
      EXPECT_FALSE(run({"counter"}, never));
      const auto marks = chain::read_watermark(*files_, store::NodeLayout{data_}.log());
      EXPECT_EQ(marks->newest()->state, chain::NodeState::kStopped);
    }
    metrics_.clear();
    std::filesystem::remove_all(std::exchange(data_, data));
  });
  const Status ended = run({"echo"}, session);
  ASSERT_TRUE(ended) << ended.error().message;
}

TEST_F(NodeTest, a_manifest_that_is_refused_leaves_no_log) {
  auto manifests = load_manifests(*files_, {kActors + "echo/echo.toml"}, {{"listen", "nowhere"}});
  ASSERT_TRUE(manifests) << manifests.error().message;
  Session never([] {});
  NodeOptions options;
  options.data_directory = data_;
  options.shards = 1;
  auto node = Node::open(*files_, options, {never, never.log});
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_FALSE((*node)->load(*std::move(manifests)));
  EXPECT_FALSE(files_->exists(store::NodeLayout{data_}.log()));
}

TEST_F(NodeTest, ends_at_once_when_the_disk_fails_and_lets_nothing_out) {
  auto owned = std::make_unique<BreakableFiles>();
  BreakableFiles& files = *owned;
  files_ = std::move(owned);
  Session session(
      [&] {
        Client client(address_, "/echo");
        client.send("before");
        EXPECT_EQ(client.receive(), "before");
        files.is_broken = true;
        client.send("never acknowledged");  // the connection ends instead
        EXPECT_EQ(client.receive(), "");
      },
      Session::End::kByItself);
  const Status ended = run({"echo"}, session);
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().message.find("fdatasync"), std::string::npos) << ended.error().message;
  files.is_broken = false;
  expect_chain_holds();
}

}  // namespace
}  // namespace theater::node
