// What [grants.random] says.
#pragma once

#include "hosts/random/limits.h"

namespace theater::hosts::random {

enum class Source : std::uint8_t {
  kSystem,
  kSeeded,  // from the actor's id and the call's place in the chain
};

struct Grant {
  Source source = Source::kSystem;
  Limits limits;
};

/// Names file, line and key of a mistake.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::random
