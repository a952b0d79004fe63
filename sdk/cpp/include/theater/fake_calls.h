// What an actor asked of the fake host's network and stores: the test looks at these, and plays the
// other side.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "theater/database_rows.h"
#include "theater/http_client.h"
#include "theater/http_reply.h"
#include "theater/tcp.h"
#include "theater/websocket_server.h"

namespace theater::testing {

struct SentEvent {
  std::string id, name, data;
};

/// A request that the test's client made.
struct ServedRequest {
  enum class Stand : std::uint8_t { kAsked, kParked, kStreaming, kOver };

  std::uint64_t id = 0;
  Stand stand = Stand::kAsked;
  std::optional<Response> response;  // of a stream: its beginning
  std::chrono::milliseconds hold{};  // how long it was parked for
  std::optional<std::string> topic;  // of the stream
  std::string written;               // by the stream, after its beginning
  std::vector<SentEvent> events;     // sent to it, or published to its topic
  std::uint64_t credit = 0;          // for parts of its body

  bool is_over() const { return stand == Stand::kOver; }
};

/// A request that the actor made.
struct ClientRequest {
  std::uint64_t id = 0;  // 0: the actor waited for its response
  std::string method, url;
  HeaderList headers;
  std::string body;
  Delivery delivery{};
  std::chrono::milliseconds deadline{};
};

/// A WebSocket that the actor opened.
struct OutgoingSocket {
  std::uint64_t id = 0;
  std::string url;
  std::vector<std::string> subprotocols;
  HeaderList headers;
  bool open = false, ended = false;
  std::vector<std::string> texts;  // sent by the actor, oldest first
  std::vector<Bytes> binaries;
  std::optional<std::uint16_t> close_code;  // set when the actor closed it
  std::string close_reason;
};

/// A TCP connection, opened by the actor or accepted by it.
struct TcpSocket {
  std::uint64_t id = 0;
  std::string host;  // empty: accepted
  std::uint16_t port = 0;
  bool open = false, ended = false;
  std::string sent;                   // by the actor
  std::vector<TcpOrder::Tag> orders;  // in the order given
  std::uint32_t pieces = 0;           // that the last order wants
  std::optional<std::string> tls_host;
  std::optional<std::pair<std::string, std::string>> transfer;  // to whom, and the note
};

/// Commands or a subscription.
struct RedisCall {
  std::uint64_t id = 0;
  std::string server;
  std::vector<std::vector<std::string>> commands;
  std::vector<std::string> channels, patterns;
};

struct SentStatement {
  std::string sql;
  std::vector<Value> params;  // valid as long as the host
  std::optional<std::uint64_t> expect_changed;
};

struct DatabaseCall {
  enum class Kind : std::uint8_t { kQuery, kQueryNow, kExecute, kTransaction, kListen };

  std::uint64_t id = 0;  // 0: the actor waited for the rows
  Kind kind{};
  std::string database;
  std::vector<SentStatement> statements;
  std::uint32_t rows_per_part = 0;
  actor::database_types::Isolation isolation{};
  std::string channel;
};

/// Rows that the test's database gives.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
  std::uint64_t changed = 0;
  std::optional<std::int64_t> last_id;
};

/// A table as the host passes it; points into itself.
class TableView {
 public:
  explicit TableView(Table table) : table_(std::move(table)) {
    columns_.assign(table_.columns.begin(), table_.columns.end());
    rows_.assign(table_.rows.begin(), table_.rows.end());
  }
  TableView(const TableView&) = delete;
  TableView& operator=(const TableView&) = delete;

  actor::database_types::Rows get() const {
    actor::database_types::Rows rows{};
    rows.columns = columns_;
    rows.rows = rows_;
    rows.changed = table_.changed;
    if (table_.last_id) rows.last_id = *table_.last_id;
    return rows;
  }

 private:
  Table table_;
  std::vector<wit::String> columns_;
  std::vector<wit::List<Value>> rows_;
};

}  // namespace theater::testing
