// What a server answers to an upgrade request: any head is judged, none crashes, and whoever does
// not prove that it read the key is not accepted.
#include <cstdlib>

#include "hosts/websocket_client/handshake.h"

namespace {

using namespace theater;
using namespace theater::hosts::websocket_client;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan bytes(data, size);
  const auto end = head_end(bytes);
  const Ask ask{*hosts::outbound::parse_url("ws://a.com/"), {"chat"}, {}};
  const Offer offer{"dGhlIHNhbXBsZSBub25jZQ==", true};
  const auto answer = read_answer(bytes.first(end.value_or(size)), ask, offer);
  if (answer) {
    require(as_text(bytes).find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string_view::npos);
  }
  return 0;
}
