// The opening handshake as a client sees it: what is asked, and what an answer must say.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "host/wit_types.h"
#include "hosts/outbound/url.h"
#include "hosts/websocket_client/protocol.h"

namespace theater::hosts::websocket_client {

/// What the guest wants of a connection.
struct Ask {
  outbound::Url url;
  std::vector<std::string> subprotocols;  // offered, best first
  host::Headers headers;                  // its own, beside those of the protocol
};

/// kInvalid: a subprotocol or a header that cannot be sent, or is the protocol's own.
host::Outcome check_ask(const std::vector<std::string>& subprotocols, const host::Headers& headers);

/// What was asked, and is needed to judge the answer.
struct Offer {
  std::string key;  // Sec-WebSocket-Key
  bool deflate = false;
};
std::string upgrade_request(const Ask& ask, const Offer& offer);

/// Where an answer's head ends in `bytes` (the offset behind its empty line), if it does.
std::optional<std::size_t> head_end(ByteSpan bytes);

/// The server agrees.
struct Answer {
  host::Headers headers;  // as received, names in lower case
  std::optional<DeflateSettings> deflate;
};
/// It does not: with an HTTP status, or (0) with something that is no answer to the request.
struct Refusal {
  std::uint16_t status = 0;
  std::string message;

  /// Asking again later may help.
  bool is_temporary() const { return status == 429 || status >= 500; }
};
std::expected<Answer, Refusal> read_answer(ByteSpan head, const Ask& ask, const Offer& offer);

}  // namespace theater::hosts::websocket_client
