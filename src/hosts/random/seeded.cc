// The seeded generator: SHA-256 in counter mode.
#include "hosts/random/seeded.h"

#include <algorithm>

#include "chain/hash.h"

namespace theater::hosts::random {

namespace {

constexpr std::string_view kLabel{"theater/random/v1\0", 18};

}  // namespace

Bytes seeded_bytes(const ActorId& actor, const CallPlace& place, std::size_t count) {
  Bytes out;
  out.reserve(count);
  for (std::uint64_t block = 0; out.size() < count; ++block) {
    const Digest digest = chain::Sha256()
                              .update(kLabel)
                              .update(actor.span())
                              .update_be64(place.invocation.value)
                              .update_be64(place.ordinal)
                              .update_be64(block)
                              .finish();
    append(out, digest.span().first(std::min(count - out.size(), digest.span().size())));
  }
  return out;
}

}  // namespace theater::hosts::random
