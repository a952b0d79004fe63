// URLs and the entries of grants: whatever is read as a URL is read the same again, and leads out
// of no path.
#include <cstdlib>
#include <string>

#include "hosts/outbound/allow_list.h"

namespace {

using namespace theater;
using namespace theater::hosts::outbound;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_allow_rule(text);
  const auto url = parse_url(text);
  if (!url) return 0;
  const auto again =
      parse_url(fmt::format("{}://{}{}", url->scheme, url->authority(), url->target));
  require(again && again->host == url->host && again->port == url->port &&
          again->target == url->target);
  require(url->target.find("/../") == std::string::npos ||
          url->target.find("/../") > url->target.find('?'));
  require(url->target.find_first_of("\r\n #") == std::string::npos);
  return 0;
}
