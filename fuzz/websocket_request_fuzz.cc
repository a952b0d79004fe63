// An HTTP request head: whatever arrives is parsed or refused; what is parsed can be shown to a
// guest (its path is text, its answer is well formed) and names no file outside a folder.
#include <cstdlib>

#include "hosts/http/head_scanner.h"
#include "hosts/listener/page.h"
#include "hosts/websocket_server/upgrade.h"

namespace {

using namespace theater;
using namespace theater::hosts;
using namespace theater::hosts::websocket_server;

void require(bool condition) {
  if (!condition) std::abort();
}

/// A head ends with its only empty line, so nothing of the request can forge another line.
void check_answer(std::string_view answer) {
  require(answer.starts_with("HTTP/1.1 "));
  require(answer.find("\r\n\r\n") != std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan bytes(data, size);
  const auto end = http::HeadScanner().scan(bytes);
  if (!end || !*end) return 0;
  const auto request = http::parse_request(bytes.first(**end));
  if (!request) {
    check_answer(http::refusal_response(request.error()));
    return 0;
  }
  for (const char c : request->target) require(c > 0x20 && c < 0x7f);
  if (const auto name = listener::file_name(request->path())) {
    require(!name->empty() && name->find('\0') == std::string::npos);
  }
  Grant grant;
  grant.subprotocols = {"chat"};
  grant.deflate = true;
  const auto upgrade = check_upgrade(*request, grant);
  check_answer(upgrade ? switch_response(*upgrade) : http::refusal_response(upgrade.error()));
  return 0;
}
