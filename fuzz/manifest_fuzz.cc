// Manifests: no text crashes the reader, and what is recorded of an accepted one reads back to the
// same manifest.
#include <cstdlib>

#include "actor/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace theater;
  const std::string_view text = as_text(ByteSpan(data, size));
  const auto manifest = actor::parse_manifest(text, "fuzz.toml", "", {{"port", "8080"}});
  if (!manifest) return 0;
  const std::string recorded = manifest->recorded_text();
  const auto again = actor::parse_recorded_manifest(recorded);
  if (!again || again->recorded_text() != recorded) std::abort();
  return 0;
}
