// With a certificate only TLS is spoken: a TLS client is served, a plain one gets nothing that is
// not TLS; settings that cannot work refuse the start.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "hosts/websocket_server/server_fixture.h"
#include "io/test_tls.h"

namespace theater::hosts::websocket_server {
namespace {

constexpr int kTurnsMax = 50;

struct TlsTest : ServerFixture {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("theater-tls-{}", ::getpid());
  io::TlsFiles files;
  TlsTest() {
    std::filesystem::create_directories(folder);
    files = io::make_tls_identity(folder.string());
  }
  ~TlsTest() override { std::filesystem::remove_all(folder); }
  std::string grant() const {
    return fmt::format("tls_certificate = \"{}\"\ntls_key = \"{}\"\n", files.certificate,
                       files.key);
  }
  /// Carries bytes between the two until the peer has heard `text`.
  bool talk(io::MemoryClient& client, io::TlsPeer& peer, std::string_view text) {
    for (int turn = 0; turn < kTurnsMax; ++turn) {
      client.send(peer.exchange(client.take()));
      executor.run();
      if (peer.heard().find(text) != std::string::npos) return true;
    }
    return false;
  }
};

TEST_F(TlsTest, ServesAClientThatSpeaksIt) {
  serve(grant());
  auto client = connect();
  io::TlsPeer peer;
  peer.say(upgrade_request());
  ASSERT_TRUE(talk(client, peer, "HTTP/1.1 101 "));
  const std::string large(200'000, 'l');
  peer.say(client_frame(Opcode::kText, large) + client_frame(Opcode::kText, "last"));
  ASSERT_TRUE(talk(client, peer, server_frame(Opcode::kText, "last")));
  EXPECT_NE(peer.heard().find(server_frame(Opcode::kText, large)), std::string::npos);
  peer.say(client_frame(Opcode::kClose, close_payload(1000)));
  ASSERT_TRUE(talk(client, peer, server_frame(Opcode::kClose, close_payload(1000))));
  client.end();
  executor.run();
  EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(actor.seen.back(), "closed 1000");
  EXPECT_EQ(instance->census().connections, 0u);
}

TEST_F(TlsTest, ASlowClientLosesNothing) {
  serve(grant());
  auto client = connect();
  io::TlsPeer peer;
  peer.say(upgrade_request());
  ASSERT_TRUE(talk(client, peer, "HTTP/1.1 101 "));
  client.set_capacity(1000);
  const std::string large(300'000, 's');
  peer.say(client_frame(Opcode::kText, large));
  for (int turn = 0; turn < 1000 && peer.heard().size() < large.size(); ++turn) {
    client.send(peer.exchange(client.take()));
    executor.run();
  }
  EXPECT_NE(peer.heard().find(server_frame(Opcode::kText, large)), std::string::npos);
}

TEST_F(TlsTest, APlainClientGetsNoPlainAnswer) {
  serve(grant());
  auto client = connect();
  const std::string answer = exchange(client, upgrade_request());
  EXPECT_EQ(answer.find("HTTP"), std::string::npos);
  EXPECT_TRUE(client.is_gone());
  EXPECT_TRUE(actor.seen.empty());
}

TEST_F(TlsTest, SettingsThatCannotWorkRefuseTheStart) {
  const auto refusal = [&](const io::TlsFiles& tls) {
    EchoActor other(services);
    auto made = make(other, fmt::format("tls_certificate = \"{}\"\ntls_key = \"{}\"\n",
                                        tls.certificate, tls.key));
    const Status status = made->recover();
    made->stop(actor::StopMode::kKill);
    EXPECT_FALSE(network.is_listening(std::string(kListen)));
    return status ? std::string() : status.error().message;
  };
  EXPECT_NE(refusal({"missing.pem", files.key}).find("missing.pem"), std::string::npos);
  EXPECT_NE(refusal({files.certificate, "missing.pem"}).find("missing.pem"), std::string::npos);
  EXPECT_NE(refusal({files.key, files.key}), "");
  std::filesystem::create_directories(folder / "other");
  const io::TlsFiles other = io::make_tls_identity((folder / "other").string());
  EXPECT_NE(refusal({files.certificate, other.key}), "");
  EchoActor half(services);
  const auto table = actor::parse_settings("listen = \"127.0.0.1:1\"\ntls_key = \"k\"", "t", {});
  EXPECT_FALSE(family->check_grant(*table));
}

TEST_F(TlsTest, OneAddressHasOneKindOfTls) {
  serve("path = \"/plain\"\n");
  EchoActor other(services);
  other.who.name = "other";
  auto made = make(other, "path = \"/tls\"\n" + grant());
  EXPECT_EQ(made->recover().error().code, Code::kConflict);
  made->stop(actor::StopMode::kKill);
}

}  // namespace
}  // namespace theater::hosts::websocket_server
