// TLS begins where it is ordered, in both roles and on real sockets: what was sent before goes out
// plain and first; nothing passes while it is agreed on; a peer that is not the one expected, or
// does not speak it, is left; there is no way back.
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "host/testing/real_services.h"
#include "hosts/tcp/tcp_fixture.h"
#include "io/test_tls.h"

namespace theater::hosts::tcp {
namespace {

using host::GuestCode;

constexpr int kStepsMax = 4000;

/// Two actors on one real shard: one accepts, one connects.
struct TcpTls : testing::Test, host::testing::RealServices {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("theater-tcp-tls-{}", ::getpid());
  io::TlsFiles files;
  TcpGuest server, client;
  TcpGuest::Seen server_saw, client_saw;
  std::uint16_t port = 0;
  static constexpr std::uint64_t kAccepted = kHostIdBit | 1;

  TcpTls() {
    std::filesystem::create_directories(folder);
    files = io::make_tls_identity(folder.string());
    resolver.set("localhost", {*io::IpAddress::parse("127.0.0.1")});
    resolver.set("other.test", {*io::IpAddress::parse("127.0.0.1")});
  }
  ~TcpTls() override {
    for (TcpGuest* guest : {&server, &client}) {
      if (guest->instance) guest->instance->stop(actor::StopMode::kKill);
      guest->instance.reset();
    }
    std::filesystem::remove_all(folder);
  }
  void begin(std::string_view of_server, std::string_view trust = "") {
    server.make(services, fmt::format("listen = \"127.0.0.1:0\"\n{}", of_server));
    const std::string address = static_cast<Instance&>(*server.instance).bound_address();
    port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    const std::string authorities =
        trust.empty() ? fmt::format("tls_authorities = \"{}\"\n", files.certificate)
                      : std::string(trust);
    client.make(services,
                fmt::format("allow = [\"*:*\"]\nprivate_addresses = true\n{}", authorities));
  }
  std::string with_certificate(std::string_view begins) const {
    return fmt::format("tls_certificate = \"{}\"\ntls_key = \"{}\"\ntls_begins = \"{}\"\n",
                       files.certificate, files.key, begins);
  }
  static bool has(const TcpGuest::Seen& seen, std::string_view what) {
    return std::ranges::any_of(
        seen, [&](const std::string& line) { return line.substr(line.find(' ') + 1) == what; });
  }
  void run_until(const std::function<bool()>& done) {
    for (int i = 0; i < kStepsMax && !done(); ++i) {
      executor.run_one_for(Milliseconds(5));
      for (auto& line : server.take_now()) server_saw.push_back(line);
      for (auto& line : client.take_now()) client_saw.push_back(line);
    }
    ASSERT_TRUE(done());
  }
  void open(const std::string& host = "localhost") {
    ASSERT_EQ(client.connect(host, port), std::nullopt);
    run_until([&] { return has(client_saw, "opened"); });
  }
};

TEST_F(TcpTls, BothEndsBeginOnOrder) {
  begin(with_certificate("on-order"));
  open();
  run_until([&] { return has(server_saw, "opened"); });
  client.send(1, "STARTTLS");
  run_until([&] { return has(server_saw, "STARTTLS"); });
  EXPECT_EQ(server.send(kAccepted, "ready"), std::nullopt);
  EXPECT_EQ(server.order<Order::kStartTls>(kAccepted, std::nullopt), std::nullopt);
  EXPECT_EQ(server.send(kAccepted, "too soon"), GuestCode::kConflict);
  EXPECT_EQ(server.order<Order::kShutWrite>(kAccepted), GuestCode::kConflict);
  run_until([&] { return has(client_saw, "ready"); });
  EXPECT_EQ(client.order<Order::kStartTls>(1, std::nullopt), std::nullopt);
  EXPECT_EQ(client.order<Order::kStartTls>(1, std::nullopt), GuestCode::kConflict);
  run_until([&] { return has(client_saw, "secured") && has(server_saw, "secured"); });
  EXPECT_EQ(client.send(1, "secret"), std::nullopt);
  EXPECT_EQ(server.send(kAccepted, "answer"), std::nullopt);
  run_until([&] { return has(server_saw, "secret") && has(client_saw, "answer"); });
  EXPECT_EQ(client.order<Order::kStartTls>(1, std::nullopt), GuestCode::kConflict);
  client.order<Order::kShutWrite>(1);
  run_until([&] { return has(server_saw, "end-of-data"); });
  server.send(kAccepted, "last");
  server.order<Order::kClose>(kAccepted);
  run_until([&] { return has(client_saw, "closed"); });
  EXPECT_TRUE(has(client_saw, "last"));
}

TEST_F(TcpTls, AtOnceIsSaidAfterTheHandshake) {
  begin(with_certificate("at-once"));
  open();
  EXPECT_FALSE(has(server_saw, "opened"));
  client.order<Order::kStartTls>(1, std::nullopt);
  run_until([&] { return has(client_saw, "secured") && has(server_saw, "opened"); });
  EXPECT_FALSE(has(server_saw, "secured"));
  client.send(1, std::string(1 << 20, 'x'));
  std::size_t bytes = 0;
  run_until([&] {
    bytes = 0;
    for (const auto& line : server_saw) {
      if (line.ends_with(" bytes")) bytes += std::stoul(line.substr(line.find(' ') + 1));
    }
    return bytes == 1 << 20;
  });
}

TEST_F(TcpTls, SomebodyElseIsLeft) {
  begin(with_certificate("at-once"));
  open("other.test");
  client.order<Order::kStartTls>(1, std::nullopt);
  run_until([&] { return has(client_saw, "closed (tls)"); });
  EXPECT_FALSE(has(client_saw, "secured"));
  client.connect("other.test", port);
  run_until([&] { return client_saw.back() == "2: opened"; });
  client.order<Order::kStartTls>(2, std::optional<std::string>("localhost"));
  run_until([&] { return has(client_saw, "secured"); });
  run_until([&] { return has(server_saw, "opened"); });
  EXPECT_EQ(std::ranges::count_if(server_saw, [](auto& line) { return line.ends_with("opened"); }),
            1)
      << "who did not get through the handshake was never there";
}

TEST_F(TcpTls, AnUnknownAuthorityIsLeft) {
  begin(with_certificate("at-once"), "mode = \"active\"\n");
  open();
  client.order<Order::kStartTls>(1, std::nullopt);
  run_until([&] { return has(client_saw, "closed (tls)"); });
}

TEST_F(TcpTls, PlainWordsAreNotTls) {
  begin(with_certificate("at-once"));
  open();
  client.send(1, "GET / HTTP/1.1\r\n\r\n");
  run_until([&] { return has(client_saw, "closed (closed)") || has(client_saw, "end-of-data"); });
  EXPECT_TRUE(server_saw.empty()) << server_saw.front();
}

TEST_F(TcpTls, ASecureConnectionMayBeHandedOver) {
  TcpGuest worker;
  worker.family = server.family;
  worker.actor.who.name = "worker";
  server.actor.who.name = "front";
  begin(with_certificate("at-once") + "mode = \"passive\"\ntransfer_to = [\"worker\"]\n");
  worker.make(services, "transfer_from = [\"front\"]\n");
  open();
  client.order<Order::kStartTls>(1, std::nullopt);
  run_until([&] { return has(client_saw, "secured") && has(server_saw, "opened"); });
  client.send(1, "secret");
  server.send(kAccepted, "from front, ");
  EXPECT_EQ(server.transfer(kAccepted, "worker"), std::nullopt);
  TcpGuest::Seen worker_saw;
  run_until([&] {
    for (auto& line : worker.take_now()) worker_saw.push_back(line);
    return has(worker_saw, "secret");
  });
  EXPECT_EQ(worker.order<Order::kStartTls>(kAccepted, std::nullopt), GuestCode::kConflict);
  EXPECT_EQ(worker.send(kAccepted, "from worker"), std::nullopt);
  run_until([&] { return has(client_saw, "from worker"); });
  worker.instance->stop(actor::StopMode::kKill);
}

TEST_F(TcpTls, WhatCannotBeOrdered) {
  begin("");
  open();
  run_until([&] { return has(server_saw, "opened"); });
  EXPECT_EQ(server.order<Order::kStartTls>(kAccepted, std::nullopt), GuestCode::kUnsupported);
  EXPECT_EQ(client.order<Order::kStartTls>(1, std::optional<std::string>("no host")),
            GuestCode::kInvalid);
  EXPECT_EQ(client.order<Order::kStartTls>(9, std::nullopt), GuestCode::kNotFound);
}

}  // namespace
}  // namespace theater::hosts::tcp
