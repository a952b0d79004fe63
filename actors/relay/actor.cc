// A TCP relay that adds TLS: for each client a connection to the server; what one says goes to the
// other, no faster than it is taken.
#include <charconv>
#include <map>
#include <string>

#include "theater/runtime.h"
#include "theater/tcp.h"
#include "theater/text.h"

struct State {
  std::string host;
  std::uint64_t port = 0;
  std::map<std::uint64_t, std::uint64_t> others;     // by connection: the other one
  std::map<std::uint64_t, std::uint64_t> clients;    // by server connection: its client
  std::map<std::uint64_t, std::uint64_t> congested;  // 1: its outgoing queue is long
};

constexpr std::uint32_t kPieces = 8;  // taken from one end before the other has had its say

class Relay : public theater::Actor<State>, public theater::TcpHandler {
  void on_init(theater::BytesView params) override {
    const std::string_view target = theater::as_text(params);
    const auto colon = target.rfind(':');
    state().host = std::string(target.substr(0, colon));
    const std::string_view port = target.substr(colon + 1);
    std::from_chars(port.data(), port.data() + port.size(), state().port);
    if (state().host.empty() || state().port == 0 || state().port > 65'535) {
      fail(theater::concat("\"", target, "\" is not HOST:PORT"));
    }
  }

  void on_tcp_opened(theater::TcpConnection connection, std::string_view) override {
    if (state().clients.contains(connection.id())) {
      connection.start_tls();
      return;
    }
    const auto server =
        theater::tcp_connect(state().host, static_cast<std::uint16_t>(state().port));
    if (!server) {
      warn(theater::describe(server.error()));
      connection.close();
      return;
    }
    state().clients[*server] = connection.id();
    state().others[*server] = connection.id();
    state().others[connection.id()] = *server;
  }
  void on_tcp_secured(theater::TcpConnection server) override {
    server.active(kPieces);
    other_of(server).active(kPieces);
  }

  void on_tcp_data(theater::TcpConnection from, theater::BytesView data) override {
    if (!other_of(from).send(data)) from.close();
  }
  /// Read on, unless the other one cannot follow.
  void on_tcp_paused(theater::TcpConnection from) override {
    if (!state().congested.contains(other_of(from).id())) from.active(kPieces);
  }
  void on_tcp_congested(theater::TcpConnection slow) override { state().congested[slow.id()] = 1; }
  void on_tcp_drained(theater::TcpConnection connection) override {
    state().congested.erase(connection.id());
    other_of(connection).active(kPieces);
  }

  void on_tcp_end(theater::TcpConnection from) override { other_of(from).shut_write(); }
  void on_tcp_closed(theater::TcpConnection connection,
                     const theater::wit::Option<theater::Error>& why) override {
    if (why && state().clients.contains(connection.id())) warn(theater::describe(*why));
    other_of(connection).close();
    state().others.erase(connection.id());
    state().clients.erase(connection.id());
    state().congested.erase(connection.id());
  }

  void warn(std::string_view why) {
    theater::log::warn(state().host, ":", state().port, ": ", why);
  }

  /// 0 is no connection: what it is told is refused.
  theater::TcpConnection other_of(theater::TcpConnection connection) {
    const auto found = state().others.find(connection.id());
    return theater::TcpConnection(found == state().others.end() ? 0 : found->second);
  }
};

THEATER_ACTOR(Relay)
