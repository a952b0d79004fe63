// HttpFixture: for tests, an http-server instance with a DeskActor on memory streams and manual
// time.
#pragma once

#include <gtest/gtest.h>

#include "hosts/http_server/desk_actor.h"
#include "hosts/http_server/family.h"
#include "io/fake_resolver.h"
#include "io/memory_network.h"

namespace theater::hosts::http_server {

inline constexpr std::string_view kListen = "127.0.0.1:80";
using Seen = std::vector<std::string>;

inline std::string get(std::string_view path, std::string_view fields = "") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: t\r\n{}\r\n", path, fields);
}
inline std::string post(std::string_view path, std::string_view body,
                        std::string_view fields = "") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n{}\r\n{}", path,
                     body.size(), fields, body);
}
/// "200 hello", of each answer in `text`; framing is checked by the way.
inline std::string brief(std::string text) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos) return out + "?" + text;
    const std::string head = text.substr(0, end + 2);
    text.erase(0, end + 4);
    out += (out.empty() ? "" : "; ") + head.substr(9, 3);
    if (head.find("Connection: close\r\n") != std::string::npos) out += "!";
    std::string body;
    if (const auto at = head.find("Content-Length: "); at != std::string::npos) {
      const auto size = std::stoul(head.substr(at + 16));
      body = text.substr(0, size);
      text.erase(0, size);
    } else if (head.find("chunked") != std::string::npos) {
      body = std::exchange(text, "");
    }
    while (body.ends_with('\n')) body.pop_back();
    if (!body.empty()) out += " " + body;
  }
  return out;
}

struct HttpFixture : testing::Test {
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
  DeskActor actor{services};
  std::unique_ptr<actor::FamilyInstance> instance;

  ~HttpFixture() override {
    if (instance) instance->stop(actor::StopMode::kKill);
  }
  std::unique_ptr<actor::FamilyInstance> make(DeskActor& for_actor, std::string_view grant = "") {
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
  std::string exchange(io::MemoryClient& client, std::string_view bytes) {
    client.send(bytes);
    executor.run();
    return client.take();
  }
  /// One request on a connection of its own.
  std::string ask(std::string_view bytes) {
    auto client = connect();
    return brief(exchange(client, bytes));
  }
  void pass(Nanoseconds span) {
    executor.advance(span);
    executor.run();
  }
};

/// With clients whose requests wait for an answer.
struct ParkFixture : HttpFixture {
  std::vector<io::MemoryClient> clients;
  std::vector<std::uint64_t> ids;  // of their requests

  void park(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      clients.push_back(connect());
      exchange(clients.back(), get("/later"));
      ids.push_back(actor.last_id);
    }
  }
};

}  // namespace theater::hosts::http_server
