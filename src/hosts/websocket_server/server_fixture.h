// ServerFixture: for tests, a websocket-server instance with an EchoActor on memory streams and
// manual time.
#pragma once

#include <gtest/gtest.h>

#include "hosts/websocket/test_frames.h"
#include "hosts/websocket_server/echo_actor.h"
#include "hosts/websocket_server/family.h"
#include "io/fake_resolver.h"
#include "io/memory_network.h"

namespace theater::hosts::websocket_server {

inline constexpr std::string_view kListen = "127.0.0.1:80";

/// What a client of ours asks; `extra` are further header lines.
inline std::string upgrade_request(std::string_view path = "/", std::string_view extra = "") {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
      path, extra);
}

/// A frame as the server sends it.
inline std::string server_frame(Opcode opcode, std::string_view payload) {
  Bytes frame;
  append_header(frame, opcode, payload.size());
  append(frame, as_bytes(payload));
  return std::string(as_text(frame));
}
inline std::string close_payload(std::uint16_t code, std::string_view reason = "") {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + std::string(reason);
}

struct ServerFixture : testing::Test {
  io::ManualClock clock;
  io::SteppingExecutor executor{clock};
  io::MemoryNetwork network{executor};
  io::SeededRandom random{1};
  io::SteppingWorkers workers;
  io::FakeDescriptors descriptors;
  host::FakeLog log;
  io::FakeResolver resolver{executor};
  host::Services services{executor, clock, random, network, resolver, workers, descriptors, log};
  listener::AddressBook addresses;
  std::unique_ptr<host::Family> family = make_family(addresses);
  EchoActor actor{services};
  std::unique_ptr<actor::FamilyInstance> instance;

  ~ServerFixture() override {
    if (instance) instance->stop(actor::StopMode::kKill);
  }
  std::unique_ptr<actor::FamilyInstance> make(EchoActor& for_actor, std::string_view grant = "") {
    const std::string text = fmt::format("listen = \"{}\"\n{}", kListen, grant);
    const auto table = actor::parse_settings(text, "test.toml", {});
    CHECK(table, "test");
    auto made = family->create(*table, {services, for_actor});
    EXPECT_TRUE(made) << made.error().message;
    for_actor.instance = made->get();
    return std::move(*made);
  }
  void serve(std::string_view grant = "") {
    instance = make(actor, grant);
    const Status status = instance->recover();
    ASSERT_TRUE(status) << status.error().message;
  }
  io::MemoryClient connect() { return network.connect(std::string(kListen)); }
  /// A client whose upgrade has been answered; the answer is taken.
  io::MemoryClient open(std::string_view extra = "") {
    io::MemoryClient client = connect();
    client.send(upgrade_request("/", extra));
    executor.run();
    const std::string answer = client.take();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
    return client;
  }
  std::string exchange(io::MemoryClient& client, std::string_view bytes) {
    client.send(bytes);
    executor.run();
    return client.take();
  }
  void pass(Nanoseconds span) {
    executor.advance(span);
    executor.run();
  }
};

}  // namespace theater::hosts::websocket_server
