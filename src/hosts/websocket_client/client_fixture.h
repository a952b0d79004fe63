// ClientFixture: for tests, a websocket-client instance on memory streams and manual time, with the
// test as its guest and as the server.
#pragma once

#include <gtest/gtest.h>

#include "host/fake_actor.h"
#include "hosts/websocket/test_frames.h"
#include "hosts/websocket_client/family.h"
#include "hosts/websocket_client/instance.h"

namespace theater::hosts::websocket_client {

inline constexpr std::size_t kConnect = 0, kSend = 1, kClose = 2;

/// A frame as a server sends it.
inline std::string server_frame(Opcode opcode, std::string_view payload) {
  Bytes frame;
  append_header(frame, opcode, payload.size());
  append(frame, as_bytes(payload));
  return std::string(as_text(frame));
}
inline std::string close_payload(std::uint16_t code, std::string_view reason = "") {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + std::string(reason);
}

/// The server's side: reads the request, answers it, decodes what the client sends.
class TestServer {
 public:
  explicit TestServer(io::MemoryClient end) : end_(std::move(end)) {}
  io::MemoryClient& end() { return end_; }
  void listen() { heard_ += end_.take(); }
  std::string request() {
    listen();
    const auto size = heard_.find("\r\n\r\n") + 4;
    std::string head = heard_.substr(0, size);
    heard_.erase(0, size);
    return head;
  }
  void accept(std::string_view extra = "") {
    const std::string head = request();
    constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
    const auto at = head.find(kKey) + kKey.size();
    end_.send(
        fmt::format("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: {}\r\n{}\r\n",
                    accept_text(head.substr(at, head.find('\r', at) - at)), extra));
  }
  /// "text hello", "close 1000 bye", ... of all frames that have arrived.
  std::vector<std::string> frames() {
    listen();
    std::vector<std::string> seen;
    std::span<std::uint8_t> input(reinterpret_cast<std::uint8_t*>(heard_.data()), heard_.size());
    while (true) {
      const Item item = decoder_.next(input);
      if (item == Item::kNone) break;
      constexpr const char* kNames[] = {"", "text", "binary", "ping", "pong", "close", "failed"};
      std::string line = kNames[static_cast<std::size_t>(item)];
      if (item == Item::kClose) line += fmt::format(" {}", decoder_.close_code());
      if (!decoder_.payload().empty()) line += fmt::format(" {}", as_text(decoder_.payload()));
      seen.push_back(line);
      if (item == Item::kFailed) break;
    }
    heard_.clear();
    return seen;
  }

 private:
  io::MemoryClient end_;
  std::string heard_;
  Decoder decoder_{1 << 20};
};

struct ClientFixture : testing::Test {
  using Seen = std::vector<std::string>;
  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family = make_family();
  std::unique_ptr<actor::FamilyInstance> instance;
  std::uint64_t next_id = 1;

  ~ClientFixture() override {
    if (instance) instance->stop(actor::StopMode::kKill);
    instance.reset();
    EXPECT_EQ(shard.executor.timer_count(), 0u);
  }
  void begin(std::string_view grant = "") {
    shard.resolver.set("a.com", {*io::IpAddress::parse("1.1.1.1")});
    const std::string text = fmt::format("allow = [\"ws://a.com\"]\n{}", grant);
    const auto table = actor::parse_settings(text, "test.toml", {});
    auto made = family->create(*table, {shard.services, actor});
    ASSERT_TRUE(made) << made.error().message;
    instance = std::move(*made);
    const Status status = instance->recover();
    ASSERT_TRUE(status) << status.error().message;
  }
  /// Calls without settling; the guest's code if it is refused.
  std::optional<host::GuestCode> call_only(std::size_t function, const Bytes& arguments) {
    Bytes result;
    actor::CallContext context;
    context.next_id = next_id;
    instance->call(function, arguments, context, result);
    if (result[0] == 0) return std::nullopt;
    return static_cast<host::GuestCode>(result[1]);
  }
  std::optional<host::GuestCode> call(std::size_t function, const Bytes& arguments) {
    const auto refused = call_only(function, arguments);
    instance->settle(actor::Settlement::kCommitted);
    if (!refused) instance->perform({function, arguments, next_id, Seq{1}, 0});
    shard.executor.run();
    return refused;
  }
  static Bytes connect_arguments(std::string_view url) {
    return host::arguments_of(std::string(url), std::vector<std::string>{}, host::Headers{});
  }
  std::optional<host::GuestCode> connect(std::string_view url = "ws://a.com/x") {
    ++next_id;  // ids are never used twice
    return call(kConnect, connect_arguments(url));
  }
  std::optional<host::GuestCode> send(std::string_view text) {
    return call(kSend, host::arguments_of(next_id, Message{text}));
  }
  std::optional<host::GuestCode> close(std::uint16_t code, std::string_view reason = "") {
    return call(kClose, host::arguments_of(next_id, code, std::string(reason)));
  }
  TestServer server() {
    auto end = shard.network.take_dialled();
    EXPECT_TRUE(end) << "nobody dialled";
    return TestServer(*end);
  }
  /// A connection that is open; its `opened` is taken.
  TestServer open(std::string_view grant = "") {
    if (!instance) begin(grant);
    EXPECT_EQ(connect(), std::nullopt);
    TestServer it = server();
    it.accept();
    shard.executor.run();
    EXPECT_EQ(take(), Seen{"opened /x"});
    return it;
  }
  Seen take() {
    Seen seen;
    actor::EventBatch batch({});
    instance->events()->take(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      seen.push_back(describe(wasm::from_binary<host::Event<Payload>>(batch[i])->payload));
    }
    shard.executor.run();
    return seen;
  }
  static std::string describe(const Payload& payload) {
    const auto& value = payload.value;
    std::string text(Payload::kWitCases[value.index()]);
    if (value.index() == Payload::kOpened) text += " " + std::get<Payload::kOpened>(value).path;
    if (value.index() == Payload::kRetrying) {
      text += fmt::format(" {}", std::get<Payload::kRetrying>(value));
    }
    if (value.index() == Payload::kMessage) {
      text = as_text(std::get<Payload::kMessage>(value).bytes());
    }
    if (value.index() != Payload::kClosed) return text;
    const Closing& closing = std::get<Payload::kClosed>(value);
    text += fmt::format(" {}", closing.code);
    if (!closing.reason.empty()) text += " " + closing.reason;
    if (!closing.error) return text;
    const auto code = static_cast<std::size_t>(closing.error->code);
    return text + fmt::format(" ({})", wasm::WitLabels<host::GuestCode>::kLabels[code]);
  }
  void pass(Nanoseconds span) {
    shard.executor.advance(span);
    shard.executor.run();
  }
};

}  // namespace theater::hosts::websocket_client
