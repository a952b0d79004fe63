// Versions: what this program is made of.
#pragma once

#include <cstdint>
#include <string>

namespace theater::node {

struct Versions {
  std::string theater;   // "0.1.0"
  std::string engine;    // the determinism profile's first word and number
  std::string contract;  // the WIT package of guests
  std::uint32_t chain_format = 0;
};

Versions versions();

}  // namespace theater::node
